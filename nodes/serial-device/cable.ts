/** The cable of a virtual board, to be pulled and put back: what teaches, and tests, how a federation takes that. */
import type { Line, OpenLine } from '../../lib/board/board';
import { RefusedError } from '../../lib/refused';

const OUT = 'The cable of the virtual board is out: send the topic "plug".';

export interface Cable {
  openLine: OpenLine;
  readonly out: boolean;
  unplug(): void;
  plug(): void;
}

export function createCable(openLine: OpenLine): Cable {
  let out = false;
  let pull: (() => void) | undefined;
  return {
    get out() {
      return out;
    },
    async openLine(events, wanted) {
      if (out) throw new RefusedError('no-port', OUT);
      let over = false;
      const line: Line = await openLine(
        {
          bytes: (chunk) => {
            if (!over) events.bytes(chunk);
          },
          closed: (reason) => {
            if (!over) events.closed(reason);
            over = true;
          },
        },
        wanted,
      );
      if (out) {
        over = true;
        await line.close();
        throw new RefusedError('no-port', OUT);
      }
      pull = () => {
        if (over) return;
        over = true;
        line.close().catch(() => {});
        events.closed(OUT);
      };
      return {
        bytesPerSecond: line.bytesPerSecond,
        write: (bytes) => {
          if (!over) line.write(bytes);
        },
        async close() {
          over = true;
          await line.close();
        },
      };
    },
    unplug() {
      out = true;
      pull?.();
      pull = undefined;
    },
    plug() {
      out = false;
    },
  };
}
