/** core/board.wasm: the board's C++ for virtual boards, and for the memory plan of a model without any board. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aligned } from '../core/wasm';

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
  /** A status of the protocol. `fitAt`: two u32, bytes needed and rows that there is room for. */
  board_plan(
    scratchAt: number,
    programAt: number,
    words: number,
    flags: number,
    rows: number,
    targets: number,
    arenaBytes: number,
    backboneAt: number,
    backboneBytes: number,
    fitAt: number,
  ): number;
}

export interface BoardMemory {
  readonly exports: BoardExports;
  /** Memory of so many bytes, a multiple of 16 away from what was given before. */
  allocate(bytes: number): number;
  /** To be given again to who asks for as much. */
  free(at: number, bytes: number): void;
  /** Good until the next allocate(). */
  bytes(at: number, length: number): Uint8Array;
}

const PAGE = 65536;

/** From dist/lib/board: dist/core/board.wasm as packed, else core/board.wasm of the working tree. */
function load(): WebAssembly.Module {
  const places = ['../../core/board.wasm', '../../../core/board.wasm'].map((path) => join(__dirname, path));
  const path = places.find((place) => existsSync(place));
  if (!path) throw new Error(`board.wasm is missing at ${places[0]}: install the package again.`);
  return new WebAssembly.Module(readFileSync(path));
}

let compiled: WebAssembly.Module | undefined;

/** An instance of its own. */
export function createBoardMemory(): BoardMemory {
  compiled ??= load();
  const wasm = new WebAssembly.Instance(compiled).exports as unknown as BoardExports;
  const { memory } = wasm;
  const idle: { at: number; bytes: number }[] = [];
  let end = aligned(wasm.__heap_base.value);
  return {
    exports: wasm,
    allocate(bytes) {
      const found = idle.findIndex((one) => one.bytes === bytes);
      if (found >= 0) return idle.splice(found, 1)[0].at;
      const at = end;
      const missing = at + bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      end = aligned(at + bytes);
      return at;
    },
    free: (at, bytes) => idle.push({ at, bytes }),
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
  };
}
