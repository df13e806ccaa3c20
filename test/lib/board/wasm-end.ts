/** The board's C++ in this thread and in virtual time, at the end of a line that tests may spoil. */
import { createWasmBoards, type WasmBoard } from '../../../lib/board/virtual/wasm-board';
import type { Clock } from '../../../lib/federation/clock';

export interface WasmEnd {
  receive(bytes: Uint8Array): void;
  /** What is in its memory is lost. */
  reset(): void;
  /** It has work that takes time. */
  readonly busy: boolean;
  stop(): void;
}

/** A UART takes so much at once from the board. */
const FIFO = 32;
const FIFO_MS = 3;
/** Time that one turn with work takes, and between two looks when there is none. */
const TURN_MS = 1;
const LOOK_MS = 2;

export function wasmEnd(parts: {
  clock: Clock;
  write(bytes: Uint8Array): void;
  /** When the line has carried what was written. */
  freeAt(): number;
  id?: string;
  arenaBytes?: number;
}): WasmEnd {
  const { clock, write, freeAt, id = 'ab'.repeat(16), arenaBytes = 128 * 1024 } = parts;
  const start = createWasmBoards();
  let boot = 1;
  let board: WasmBoard = start({ id, arenaBytes, boot, reset: 'power' });
  let waiting: Uint8Array[] = [];
  let busy = false;
  let cancel = (): void => {};

  const take = (): void => {
    for (let first = waiting[0]; first; first = waiting[0]) {
      const took = board.receive(first);
      if (took === first.length) waiting.shift();
      else {
        waiting[0] = first.subarray(took);
        return;
      }
    }
  };
  const turn = (): void => {
    take();
    busy = board.poll(Math.floor(clock.now()));
    while (freeAt() - clock.now() < FIFO_MS) {
      const bytes = board.send(FIFO);
      if (bytes.length === 0) break;
      write(bytes);
    }
    cancel = clock.after(busy ? TURN_MS : LOOK_MS, turn);
  };
  turn();
  return {
    receive: (bytes) => waiting.push(bytes),
    reset() {
      const saved = board.saved();
      board.free();
      boot += 1;
      waiting = [];
      board = start({ id, arenaBytes, boot, reset: 'pin', saved });
    },
    get busy() {
      return busy;
    },
    stop: () => cancel(),
  };
}
