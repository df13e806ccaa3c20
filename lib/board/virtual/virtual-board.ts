/** A board without hardware: its memory lives on while no line is open, as a real one's does while it has power. */
import { createHash, randomInt } from 'node:crypto';
import { RefusedError } from '../../refused';
import type { Line, LineEvents, OpenLine } from '../board';
import { type Seat, takeSeat } from './host';

export interface VirtualBoardOptions {
  /** 32 hexadecimal digits; absent: made of the name. */
  id?: string;
  name?: string;
  /** Default: as the firmware of the Nano 33 BLE has. */
  arenaBytes?: number;
  /** Of its line; absent: as fast as it goes. */
  bytesPerSecond?: number;
}

export interface VirtualBoard {
  /** One line at a time. */
  openLine: OpenLine;
  /** As by its button: what is in its memory is lost, what is in its flash stays. */
  reset(): void;
  /** Takes it from the world. */
  close(): Promise<void>;
}

export const VIRTUAL_ARENA = 128 * 1024;

const newBoot = (): number => randomInt(1, 0x1_0000_0000);

export function virtualBoard(options: VirtualBoardOptions = {}): VirtualBoard {
  const { name = 'virtual', arenaBytes = VIRTUAL_ARENA, bytesPerSecond } = options;
  const id = options.id ?? createHash('sha256').update(`virtual board ${name}`).digest('hex').slice(0, 32);
  if (!/^[0-9a-f]{32}$/.test(id)) throw new RefusedError('bad-setting', 'The id of a board has 32 hexadecimal digits.');
  if (!Number.isInteger(arenaBytes) || arenaBytes < 1024 || arenaBytes > 2 ** 28) {
    throw new RefusedError('bad-setting', 'A virtual board has from 1 kB to 256 MB of memory.');
  }
  let seat: Seat | undefined;
  let line: { number: number; events: LineEvents } | undefined;
  let lines = 0;
  let closed = false;

  const drop = (reason: string): void => {
    const open = line;
    line = undefined;
    open?.events.closed(reason);
  };
  const take = (): Seat => {
    if (seat) return seat;
    const taken = takeSeat({
      bytes: (number, bytes) => line?.number === number && line.events.bytes(bytes),
      failed(reason) {
        seat = undefined;
        drop(`The virtual board failed (${reason}).`);
      },
    });
    taken.tell({ type: 'start', board: taken.board, id, arenaBytes, boot: newBoot(), bytesPerSecond });
    seat = taken;
    return taken;
  };
  return {
    async openLine(events): Promise<Line> {
      if (closed) throw new RefusedError('no-port', 'This virtual board is not there any more.');
      if (line) throw new RefusedError('port-shared', `The virtual board "${name}" has a line already.`);
      const { board, tell } = take();
      const mine = { number: ++lines, events };
      line = mine;
      tell({ type: 'plug', board, line: mine.number });
      return {
        bytesPerSecond,
        write(bytes) {
          // A copy: what is sent again later must not be taken away.
          if (line === mine) tell({ type: 'bytes', board, line: mine.number, bytes: Uint8Array.from(bytes) });
        },
        async close() {
          if (line !== mine) return;
          line = undefined;
          tell({ type: 'unplug', board, line: mine.number });
        },
      };
    },
    reset() {
      if (seat) seat.tell({ type: 'reset', board: seat.board, boot: newBoot() });
    },
    async close() {
      closed = true;
      const left = seat;
      seat = undefined;
      drop('The virtual board was taken away.');
      await left?.leave();
    },
  };
}
