/** The receiving half of a link: messages in the order of their numbers, each once, and what to tell about them. */
import type { Frame } from './frame';
import { nearest, onLine } from './sequence';

export interface Receiver {
  /** A DATA frame: the messages that can be handed up now. */
  take(frame: Frame, now: number): Uint8Array[];
  /** When an acknowledgement is due; Infinity: none is. */
  dueAt(): number;
  /** Answer now, whatever came. */
  askAt(now: number): void;
  /** What each frame carries; sending it is an acknowledgement. */
  tell(): Pick<Frame, 'ack' | 'sack' | 'credit'>;
  /** Frames that had come before. */
  readonly doubled: number;
}

/** An answer waits so long for a frame that carries it. */
const ANSWER_WITHIN = 10;
/** So many frames are not left without an answer. */
const UNANSWERED = 2;

export function createReceiver(slots: number): Receiver {
  const early = new Map<number, Uint8Array>();
  let next = 0;
  let due = Number.POSITIVE_INFINITY;
  let unanswered = 0;
  let doubled = 0;
  return {
    take(frame, now) {
      const seq = nearest(frame.seq, next);
      if (seq < next || early.has(seq)) {
        doubled += 1;
        due = now;
        return [];
      }
      // Beyond what was offered: it did not listen, and sends it again.
      if (seq >= next + slots) return [];
      early.set(seq, frame.payload);
      const messages: Uint8Array[] = [];
      for (let message = early.get(next); message; message = early.get(next)) {
        messages.push(message);
        early.delete(next);
        next += 1;
      }
      unanswered += 1;
      const atOnce = early.size > 0 || unanswered >= UNANSWERED;
      due = Math.min(due, atOnce ? now : now + ANSWER_WITHIN);
      return messages;
    },
    dueAt: () => due,
    askAt(now) {
      due = Math.min(due, now);
    },
    tell() {
      due = Number.POSITIVE_INFINITY;
      unanswered = 0;
      let sack = 0;
      for (const seq of early.keys()) if (seq - next - 1 < 32) sack |= 1 << (seq - next - 1);
      // Early frames lie in slots below ack + slots, which were theirs before they came.
      return { ack: onLine(next), sack: sack >>> 0, credit: slots };
    },
    get doubled() {
      return doubled;
    },
  };
}
