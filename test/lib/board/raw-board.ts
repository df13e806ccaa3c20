/**
 * board.wasm at the end of hand-written frames: an encoder and decoder of its own, made from docs/board-protocol.md and nothing
 * of lib/board, so that both ends are not wrong alike.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

interface Wasm {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  __heap_base: { readonly value: number };
  board_bytes(arena: number): number;
  board_open(at: number, arena: number, id: number, boot: number, reason: number): void;
  board_restore(at: number, from: number, length: number): void;
  board_receive(at: number, bytes: number, length: number): number;
  board_poll(at: number, now: number): number;
  board_send(at: number, to: number, most: number): number;
  board_saved(at: number): number;
  board_saved_bytes(at: number): number;
}

export const kinds = { hello: 0x11, welcome: 0x12, data: 0x13, ack: 0x14, lost: 0x15, bye: 0x16 };

export interface RawFrame {
  kind: number;
  flags: number;
  session: number;
  seq: number;
  ack: number;
  sack: number;
  credit: number;
  payload: Buffer;
}

function stuff(raw: Buffer): Buffer {
  // Every zero becomes the distance to the next one; the distance is at most 255, and 255 means "no zero here".
  const out: number[] = [];
  for (let at = 0; at <= raw.length; ) {
    const zero = raw.indexOf(0, at);
    const end = zero < 0 ? raw.length : zero;
    const length = Math.min(end - at, 254);
    out.push(length + 1, ...raw.subarray(at, at + length));
    at += length;
    if (length < 254 || at === end) {
      if (length === 254 && at === raw.length) break;
      if (length < 254) at += 1;
    }
  }
  return Buffer.from(out);
}

function unstuff(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at];
    out.push(...bytes.subarray(at + 1, at + code));
    at += code;
    if (code < 255 && at < bytes.length) out.push(0);
  }
  return Buffer.from(out);
}

export function frameOf(frame: Partial<RawFrame> & { kind: number }): Buffer {
  const payload = frame.payload ?? Buffer.alloc(0);
  const raw = Buffer.alloc(20 + payload.length);
  raw[0] = frame.kind;
  raw[1] = frame.flags ?? 0;
  raw.writeUInt32LE(frame.session ?? 0, 2);
  raw.writeUInt16LE(frame.seq ?? 0, 6);
  raw.writeUInt16LE(frame.ack ?? 0, 8);
  raw.writeUInt32LE(frame.sack ?? 0, 10);
  raw.writeUInt16LE(frame.credit ?? 0, 14);
  payload.copy(raw, 16);
  raw.writeUInt32LE(crc32(raw.subarray(0, -4)), raw.length - 4);
  return Buffer.concat([Buffer.from([0]), stuff(raw), Buffer.from([0])]);
}

function parse(encoded: Buffer): RawFrame {
  const raw = unstuff(encoded);
  if (crc32(raw.subarray(0, -4)) !== raw.readUInt32LE(raw.length - 4)) throw new Error('a frame of a wrong CRC');
  return {
    kind: raw[0],
    flags: raw[1],
    session: raw.readUInt32LE(2),
    seq: raw.readUInt16LE(6),
    ack: raw.readUInt16LE(8),
    sack: raw.readUInt32LE(10),
    credit: raw.readUInt16LE(14),
    payload: Buffer.from(raw.subarray(16, -4)),
  };
}

export const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
export const f32 = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
export const f64 = (...values: number[]): Buffer => Buffer.from(Float64Array.from(values).buffer);

export const ARENA = 64 * 1024;

/** A board that is polled a millisecond at a time. */
export function rawBoard() {
  const path = join(__dirname, '../../../core/board.wasm');
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path))).exports as unknown as Wasm;
  const base = Math.ceil(wasm.__heap_base.value / 16) * 16;
  const scratchAt = base + wasm.board_bytes(ARENA);
  wasm.memory.grow(Math.ceil((scratchAt + 2 ** 16 - wasm.memory.buffer.byteLength) / 65536));
  const bytesAt = (at: number, length: number) => new Uint8Array(wasm.memory.buffer, at, length);
  let boot = 1;
  let now = 0;
  let left = Buffer.alloc(0);
  const open = (wear: (flash: Buffer) => void = () => {}): void => {
    const kept = Buffer.from(bytesAt(wasm.board_saved(base), wasm.board_saved_bytes(base)));
    wear(kept);
    bytesAt(scratchAt, 16).set(Buffer.from('00112233445566778899aabbccddeeff', 'hex'));
    wasm.board_open(base, ARENA, scratchAt, boot++, 1);
    if (kept.length > 0 && boot > 2) {
      bytesAt(scratchAt, kept.length).set(kept);
      wasm.board_restore(base, scratchAt, kept.length);
    }
  };
  const read = (): RawFrame[] => {
    left = Buffer.concat([left, bytesAt(scratchAt, wasm.board_send(base, scratchAt, 2 ** 16))]);
    const frames: RawFrame[] = [];
    for (let end = left.indexOf(0); end >= 0; end = left.indexOf(0)) {
      if (end > 0) frames.push(parse(left.subarray(0, end)));
      left = left.subarray(end + 1);
    }
    return frames;
  };
  open();
  return {
    write(bytes: Uint8Array): void {
      for (let at = 0; at < bytes.length; ) {
        bytesAt(scratchAt, bytes.length - at).set(bytes.subarray(at));
        at += wasm.board_receive(base, scratchAt, bytes.length - at);
        wasm.board_poll(base, now);
      }
    },
    /** Lets so many milliseconds pass; the frames that came meanwhile. */
    pass(milliseconds: number): RawFrame[] {
      const frames: RawFrame[] = [];
      for (let k = 0; k < milliseconds; k++) {
        now += 1;
        for (let polls = 0; wasm.board_poll(base, now) !== 0 && polls < 1000; polls++) frames.push(...read());
        frames.push(...read());
      }
      return frames;
    },
    /** Off and on again: only what it saved is left, after `wear`. */
    reset: open,
  };
}

/** A host that does everything right and loses nothing. */
export function rawHost(board: ReturnType<typeof rawBoard>, session = 0x12345678) {
  let seq = 0;
  let ack = 0;
  const unheard: Buffer[] = [];
  const hear = (frames: RawFrame[]): void => {
    for (const frame of frames) {
      if (frame.kind !== kinds.data || frame.seq !== ack) continue;
      ack = (ack + 1) & 0xffff;
      unheard.push(frame.payload);
    }
    board.write(frameOf({ kind: kinds.ack, session, seq, ack, credit: 32 }));
  };
  const messages = (milliseconds = 3): Buffer[] => {
    for (let k = 0; k < milliseconds; k++) hear(board.pass(1));
    return unheard.splice(0);
  };
  /** The first message of this code and tag, taken from among the others. */
  const find = (code: number, tag: number): Buffer | undefined => {
    hear(board.pass(1));
    const at = unheard.findIndex((message) => message[0] === code && message[1] === tag);
    return at < 0 ? undefined : unheard.splice(at, 1)[0].subarray(2);
  };
  return {
    session,
    greet(highest = 2): RawFrame[] {
      const hello = Buffer.concat([Buffer.from('FLB1'), Buffer.from([1, highest]), u16(1008), u16(32)]);
      board.write(frameOf({ kind: kinds.hello, session, payload: hello }));
      return board.pass(1);
    },
    send(...parts: Uint8Array[]): void {
      board.write(frameOf({ kind: kinds.data, session, seq, ack, credit: 32, payload: Buffer.concat(parts) }));
      seq = (seq + 1) & 0xffff;
    },
    messages,
    /** A request and its answer, without code and tag: status first. */
    ask(code: number, ...body: Uint8Array[]): Buffer {
      this.send(Buffer.from([code, 9]), ...body);
      for (let k = 0; k < 50; k++) {
        const answer = find(code + 0x80, 9);
        if (answer) return answer;
      }
      throw new Error(`no answer to ${code}`);
    },
    /** The next event of a kind. */
    event(code: number, milliseconds = 5000): Buffer {
      for (let k = 0; k < milliseconds; k++) {
        const found = find(code, 0);
        if (found) return found;
      }
      throw new Error(`no event ${code}`);
    },
  };
}
