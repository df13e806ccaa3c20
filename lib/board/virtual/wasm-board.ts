/** Boards in the memory of one instance of board.wasm: the same C++ as on a real board. */
import { createBoardMemory } from '../board-wasm';

export const resetReasons = { unknown: 0, power: 1, pin: 2, watchdog: 3, asked: 4 } as const;

export interface BoardStart {
  /** 32 hexadecimal digits. */
  id: string;
  arenaBytes: number;
  boot: number;
  reset: keyof typeof resetReasons;
  /** What the flash holds. */
  saved?: Uint8Array;
}

export interface WasmBoard {
  /** Bytes that it took; the rest waits on the line. */
  receive(bytes: Uint8Array): number;
  /** True: there is more to do at once. */
  poll(nowMs: number): boolean;
  /** What it wants to send, at most so many bytes. */
  send(most: number): Uint8Array;
  /** What its flash holds. */
  saved(): Uint8Array | undefined;
  /** The host told it to start anew. */
  resetAsked(): boolean;
  /** Its memory may be used for another. */
  free(): void;
}

/** Bytes that cross to or from a board at once. */
const COPY = 2048;

/** Starts boards in one memory, which grows with them. */
export function createWasmBoards(): (start: BoardStart) => WasmBoard {
  const memory = createBoardMemory();
  const { exports: wasm } = memory;
  const copyAt = memory.allocate(COPY);

  return ({ id, arenaBytes, boot, reset, saved }) => {
    const bytes = wasm.board_bytes(arenaBytes);
    const at = memory.allocate(bytes);
    memory.bytes(at, bytes).fill(0);
    memory.bytes(copyAt, 16).set(Buffer.from(id, 'hex'));
    wasm.board_open(at, arenaBytes, copyAt, boot, resetReasons[reset]);
    if (saved) {
      const savedAt = memory.allocate(saved.length);
      memory.bytes(savedAt, saved.length).set(saved);
      wasm.board_restore(at, savedAt, saved.length);
      memory.free(savedAt, saved.length);
    }
    return {
      receive(given) {
        let taken = 0;
        while (taken < given.length) {
          const part = given.subarray(taken, taken + COPY);
          memory.bytes(copyAt, part.length).set(part);
          const took = wasm.board_receive(at, copyAt, part.length);
          taken += took;
          if (took < part.length) break;
        }
        return taken;
      },
      poll: (nowMs) => wasm.board_poll(at, nowMs >>> 0) !== 0,
      send(most) {
        const length = wasm.board_send(at, copyAt, Math.min(most, COPY));
        return memory.bytes(copyAt, length).slice();
      },
      saved() {
        const length = wasm.board_saved_bytes(at);
        return length > 0 ? memory.bytes(wasm.board_saved(at), length).slice() : undefined;
      },
      resetAsked: () => wasm.board_reset_asked(at) !== 0,
      free: () => memory.free(at, bytes),
    };
  };
}
