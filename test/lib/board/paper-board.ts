/** The board's end of a session in TypeScript: greets, keeps a link, and leaves what messages mean to the test. */
import { createFrameReader, encodeFrame, kinds } from '../../../lib/board/frame';
import { createFrameSize } from '../../../lib/board/frame-size';
import { createLink, type Link } from '../../../lib/board/link';
import type { Clock } from '../../../lib/federation/clock';

export interface Welcome {
  version: number;
  lowest: number;
  highest: number;
  reset: number;
  boot: number;
  maxPayload: number;
  slots: number;
  ring: number;
  /** 32 hexadecimal digits. */
  id: string;
  arena: number;
  layers: number;
  engines: number;
  sensors: number;
  firmware: [number, number];
  name: string;
}

export const usualWelcome: Welcome = {
  version: 1,
  lowest: 1,
  highest: 1,
  reset: 1,
  boot: 7,
  maxPayload: 1008,
  slots: 8,
  ring: 8192,
  id: '00112233445566778899aabbccddeeff',
  arena: 128 * 1024,
  layers: 16,
  engines: 1,
  sensors: 2,
  firmware: [1, 0],
  name: 'Paper board',
};

export function encodeWelcome(said: Welcome): Buffer {
  const name = Buffer.from(said.name);
  const head = Buffer.alloc(46);
  head.set([said.version, said.lowest, said.highest, said.reset]);
  head.writeUInt32LE(said.boot, 4);
  head.writeUInt16LE(said.maxPayload, 8);
  head.writeUInt16LE(said.slots, 10);
  head.writeUInt32LE(said.ring, 12);
  head.set(Buffer.from(said.id, 'hex'), 16);
  head.writeUInt32LE(said.arena, 32);
  head.writeUInt16LE(said.layers, 36);
  head[38] = said.engines;
  head.writeUInt32LE(said.sensors, 39);
  head.set(said.firmware, 43);
  head[45] = name.length;
  return Buffer.concat([head, name]);
}

export interface PaperBoard {
  receive(bytes: Uint8Array): void;
  send(message: Uint8Array): void;
  /** Forgets its session, as a reset does. */
  reset(boot: number, id?: string): void;
  readonly again: number;
}

export function paperBoard(parts: {
  clock: Clock;
  write(bytes: Uint8Array): void;
  onMessage(message: Uint8Array): void;
  welcome?: Partial<Welcome>;
  bytesPerSecond?: number;
  more?(most: number): Uint8Array | undefined;
}): PaperBoard {
  const { clock } = parts;
  const said = { ...usualWelcome, ...parts.welcome };
  let reader = createFrameReader(said.maxPayload);
  let session = 0;
  let link: Link | undefined;
  let cancel = (): void => {};
  let polling = false;
  const bare = (kind: number, of: number, payload: Uint8Array): Uint8Array =>
    encodeFrame({ kind, ping: false, session: of, seq: 0, ack: 0, sack: 0, credit: 0, payload });
  const poll = (): void => {
    if (!link || polling) return;
    polling = true;
    const { bytes, next } = link.poll(clock.now());
    for (const one of bytes) parts.write(one);
    polling = false;
    cancel();
    if (next < Number.POSITIVE_INFINITY) cancel = clock.after(Math.max(0.05, next - clock.now()), poll);
  };
  const begin = (number: number, hello: Buffer): void => {
    session = number;
    link = createLink({
      session,
      credit: hello.readUInt16LE(8),
      ring: Number.POSITIVE_INFINITY,
      maxPayload: Math.min(said.maxPayload, hello.readUInt16LE(6)),
      slots: said.slots,
      size: createFrameSize(),
      more: parts.more,
      bytesPerSecond: parts.bytesPerSecond,
    });
  };
  return {
    receive(bytes) {
      for (const { frame } of reader.read(bytes)) {
        if (frame.kind === kinds.hello) {
          if (frame.session !== session && said.version > 0) begin(frame.session, Buffer.from(frame.payload));
          parts.write(bare(kinds.welcome, frame.session, encodeWelcome(said)));
        } else if (frame.session !== session) {
          parts.write(bare(kinds.lost, frame.session, new Uint8Array(0)));
        } else if (link && (frame.kind === kinds.data || frame.kind === kinds.ack)) {
          for (const message of link.receive(frame, clock.now())) parts.onMessage(message);
        }
      }
      poll();
    },
    send(message) {
      link?.send(message);
      poll();
    },
    reset(boot, id = said.id) {
      said.boot = boot;
      said.id = id;
      session = 0;
      link = undefined;
      reader = createFrameReader(said.maxPayload);
      cancel();
    },
    get again() {
      return link?.again ?? 0;
    },
  };
}
