/** Boards in the memory of one instance of board.wasm: the same C++ as on a real board. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aligned } from '../../core/wasm';

/** What core/board/wasm.cpp exports. Numbers that end in "At" are addresses in the instance's memory. */
export interface BoardExports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  __heap_base: { readonly value: number };
  board_bytes(arenaBytes: number): number;
  board_open(boardAt: number, arenaBytes: number, idAt: number, boot: number, resetReason: number): void;
  /** How many bytes it took. */
  board_receive(boardAt: number, bytesAt: number, length: number): number;
  /** 1: there is more to do at once. */
  board_poll(boardAt: number, nowMs: number): number;
  board_send(boardAt: number, toAt: number, most: number): number;
  board_saved(boardAt: number): number;
  board_saved_bytes(boardAt: number): number;
  /** Right after board_open. */
  board_restore(boardAt: number, fromAt: number, length: number): void;
  /** 1: it was told to start anew. */
  board_reset_asked(boardAt: number): number;
}

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

const PAGE = 65536;
const COPY = 2048;

/** From dist/lib/board/virtual: dist/core/board.wasm as packed, else core/board.wasm of the working tree. */
function load(): WebAssembly.Module {
  const places = ['../../../core/board.wasm', '../../../../core/board.wasm'].map((path) => join(__dirname, path));
  const path = places.find((place) => existsSync(place));
  if (!path) throw new Error(`board.wasm is missing at ${places[0]}: install the package again.`);
  return new WebAssembly.Module(readFileSync(path));
}

let compiled: WebAssembly.Module | undefined;

export function boardModule(): WebAssembly.Module {
  compiled ??= load();
  return compiled;
}

/** Starts boards in one memory, which grows with them. */
export function createWasmBoards(module = boardModule()): (start: BoardStart) => WasmBoard {
  const wasm = new WebAssembly.Instance(module).exports as unknown as BoardExports;
  const { memory } = wasm;
  const copyAt = aligned(wasm.__heap_base.value);
  let end = copyAt + COPY;
  const idle: { at: number; bytes: number }[] = [];

  const reserve = (to: number): void => {
    const missing = to - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  };
  const allocate = (bytes: number): number => {
    const found = idle.findIndex((one) => one.bytes === bytes);
    if (found >= 0) return idle.splice(found, 1)[0].at;
    const at = end;
    reserve(at + bytes);
    end = aligned(at + bytes);
    return at;
  };
  const bytesAt = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer, at, length);
  reserve(end);

  return ({ id, arenaBytes, boot, reset, saved }) => {
    const bytes = wasm.board_bytes(arenaBytes);
    const at = allocate(bytes);
    bytesAt(at, bytes).fill(0);
    bytesAt(copyAt, 16).set(Buffer.from(id, 'hex'));
    wasm.board_open(at, arenaBytes, copyAt, boot, resetReasons[reset]);
    if (saved) {
      const savedAt = allocate(saved.length);
      bytesAt(savedAt, saved.length).set(saved);
      wasm.board_restore(at, savedAt, saved.length);
      idle.push({ at: savedAt, bytes: saved.length });
    }
    return {
      receive(given) {
        let taken = 0;
        while (taken < given.length) {
          const part = given.subarray(taken, taken + COPY);
          bytesAt(copyAt, part.length).set(part);
          const took = wasm.board_receive(at, copyAt, part.length);
          taken += took;
          if (took < part.length) break;
        }
        return taken;
      },
      poll: (nowMs) => wasm.board_poll(at, nowMs >>> 0) !== 0,
      send(most) {
        const length = wasm.board_send(at, copyAt, Math.min(most, COPY));
        return bytesAt(copyAt, length).slice();
      },
      saved() {
        const length = wasm.board_saved_bytes(at);
        return length > 0 ? bytesAt(wasm.board_saved(at), length).slice() : undefined;
      },
      resetAsked: () => wasm.board_reset_asked(at) !== 0,
      free: () => idle.push({ at, bytes }),
    };
  };
}
