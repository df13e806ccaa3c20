/**
 * What stands around every node: its status, its input with `done` called once on every path, its errors as one
 * sentence for the Catch node, and a close that ends all that is under way.
 */
import { setMaxListeners } from 'node:events';
import type { NodeMessage } from 'node-red';
import { isDeleted } from './deleted';
import type { FlowMessage, FlowNode, Red, Send } from './red';
import { createRefusals, type Refusals, type Sentence, sentenceOf } from './refusals';
import { onceStarted } from './started';
import { createStatus, type Status } from './status';

/** Node-RED kills a deploy after 15 s; what is not closed by then is left to its own devices. */
const CLOSE_LIMIT_MS = 900;

export type InputHandler = (msg: FlowMessage, send: Send) => void | Promise<void>;

export interface Shell {
  readonly status: Status;
  readonly refusals: Refusals;
  /** Aborted when the node closes. */
  readonly closing: AbortSignal;
  /** A throw or rejection is counted by its code, shown in the status for a while and goes to the Catch node with the message. */
  onInput(handler: InputHandler): void;
  /** `removed`: deleted, not merely disabled or started again. Waited for, but not longer than a second. */
  onClose(handler: (removed: boolean) => void | Promise<void>): void;
  /** Reports an error that arose outside an input handler. Never throws. */
  fail(thrown: unknown, msg?: FlowMessage): void;
  /** Like fail, but the node cannot work until somebody mends it: the status stays red. */
  broken(thrown: unknown, msg?: FlowMessage): void;
  /** Runs once all nodes of the deploy exist: what is sent or reported before may reach nobody. Its errors are `broken`. */
  whenStarted(work: () => void | Promise<void>): void;
  /** Work that goes on in the background: its errors are reported, and forgotten once the node closes. */
  background(work: () => void | Promise<void>): void;
  /** Like setTimeout; ends with the node; its errors are reported. Returns what cancels it. */
  after(milliseconds: number, work: () => void | Promise<void>): () => void;
}

/** Call right after RED.nodes.createNode. */
export function createShell(RED: Red, node: FlowNode): Shell {
  const status = createStatus(RED, node);
  const refusals = createRefusals();
  const controller = new AbortController();
  // Each message under way listens to it: any number is right, and Node warns from 11 on.
  setMaxListeners(0, controller.signal);
  const timers = new Set<NodeJS.Timeout>();
  const closers: ((removed: boolean) => void | Promise<void>)[] = [];

  const wordsOf = ({ code }: Sentence): string => {
    const key = `refused.${code}`;
    const words = RED._(key);
    return typeof words !== 'string' || words.endsWith(key) ? code.replaceAll('-', ' ') : words;
  };
  /** Counts and shows; the sentence when it should be reported. */
  const take = (thrown: unknown, lasting = false): Sentence | undefined => {
    const sentence = sentenceOf(thrown);
    if (lasting) status.broken(wordsOf(sentence));
    else status.alert(wordsOf(sentence));
    return refusals.count(sentence) ? sentence : undefined;
  };
  const fail = (thrown: unknown, msg?: FlowMessage, lasting = false): void => {
    if (controller.signal.aborted) return;
    try {
      const sentence = take(thrown, lasting);
      if (sentence) node.error(sentence, (msg ?? {}) as NodeMessage);
    } catch (again) {
      node.warn(sentenceOf(again).message);
    }
  };
  const broken = (thrown: unknown, msg?: FlowMessage): void => fail(thrown, msg, true);
  const background = (work: () => void | Promise<void>): void => {
    (async () => work())().catch((thrown) => fail(thrown));
  };

  node.on('close', (removed: boolean, done: () => void) => {
    controller.abort();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    status.close();
    let limit: NodeJS.Timeout | undefined;
    const isGone = isDeleted(RED, node, removed);
    const closed = Promise.allSettled(closers.map(async (close) => close(isGone)));
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    Promise.race([closed, late]).then(() => {
      clearTimeout(limit);
      done();
    });
  });

  return {
    status,
    refusals,
    closing: controller.signal,
    fail: (thrown, msg) => fail(thrown, msg),
    broken,
    background,
    whenStarted(work) {
      const start = (): void => {
        (async () => work())().catch((thrown) => broken(thrown));
      };
      controller.signal.addEventListener('abort', onceStarted(RED, start));
    },
    onInput(handler) {
      // Node-RED counts the parameters: three means that `done` will be called.
      node.on('input', (msg, send, done) => {
        let finished = false;
        const finish = (failure?: { thrown: unknown }): void => {
          if (finished) return;
          finished = true;
          try {
            const sentence = failure && take(failure.thrown);
            if (sentence) done(sentence);
            else done();
          } catch (again) {
            // A message that even Node-RED's own error path cannot carry, such as one with a `hasOwnProperty` of its own.
            node.warn(sentenceOf(again).message);
          }
        };
        const sendSafely: Send = (outputs) => {
          if (!controller.signal.aborted) send(outputs as Parameters<typeof send>[0]);
        };
        (async () => handler(msg, sendSafely))().then(
          () => finish(),
          (thrown) => (controller.signal.aborted ? finish() : finish({ thrown })),
        );
      });
    },
    onClose(handler) {
      closers.push(handler);
    },
    after(milliseconds, work) {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          background(work);
        },
        Math.min(milliseconds, 2 ** 31 - 1),
      );
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    },
  };
}
