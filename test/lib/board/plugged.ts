/** A faulty line as what createBoard opens: it can be pulled and put back, with or without a word. */
import type { OpenLine } from '../../../lib/board/board';
import { RefusedError } from '../../../lib/refused';
import { type FaultyLine, faultyLine, type LineOptions } from './faulty-line';

export interface PluggedLine {
  openLine: OpenLine;
  /** What the board writes. */
  fromBoard(bytes: Uint8Array): void;
  /** Pulls the plug; `silently`: nobody tells the host. Puts it back after so many ms. */
  pull(ms: number, silently?: boolean): void;
  readonly line: FaultyLine;
  readonly opened: number;
}

export function pluggedLine(options: LineOptions, toBoard: (bytes: Uint8Array) => void): PluggedLine {
  let host: ((bytes: Uint8Array) => void) | undefined;
  let gone: ((reason: string) => void) | undefined;
  let opened = 0;
  const line = faultyLine(options, toBoard, (bytes) => host?.(bytes));
  return {
    line,
    get opened() {
      return opened;
    },
    fromBoard: (bytes) => line.toHost.write(bytes),
    pull(ms, silently = false) {
      line.unplug();
      const tell = gone;
      if (!silently) {
        host = undefined;
        gone = undefined;
        tell?.('The board was pulled out.');
      }
      options.clock.after(ms, () => line.plug());
    },
    async openLine(events) {
      if (!line.plugged) throw new RefusedError('no-port', 'There is nothing at this port.');
      opened += 1;
      const bytes = (chunk: Uint8Array): void => events.bytes(chunk);
      host = bytes;
      gone = events.closed;
      return {
        bytesPerSecond: options.bytesPerSecond,
        write: (chunk) => {
          if (host === bytes) line.toBoard.write(chunk);
        },
        async close() {
          if (host === bytes) host = gone = undefined;
        },
      };
    },
  };
}
