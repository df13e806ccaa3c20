/** A line between two ends, in virtual time: paced, delayed, and with every fault that is asked for, by lot but seeded. */
import type { Clock } from '../../../lib/federation/clock';
import { type Generator, generator } from '../../../lib/random/generator';

export interface Faults {
  /** Chance of each bit to be turned. */
  bitErrors?: number;
  /** Chances of each frame (what ends with a zero). */
  lost?: number;
  doubled?: number;
  /** Some bytes of its end are missing, perhaps its zero too. */
  cut?: number;
}

export interface LineOptions {
  clock: Clock;
  seed: number;
  bytesPerSecond?: number;
  delayMs?: number;
  toBoard?: Faults;
  toHost?: Faults;
}

export interface Direction {
  write(bytes: Uint8Array): void;
  /** All bytes written, faults aside. */
  readonly written: number;
  /** When the last byte written so far has crossed. */
  readonly freeAt: number;
  /** What is under way is gone. */
  drop(): void;
}

const CHUNK = 32;

function* piecesOf(bytes: Uint8Array): Iterable<Uint8Array> {
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0) continue;
    yield bytes.subarray(from, at + 1);
    from = at + 1;
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

function damage(bytes: Uint8Array, rate: number, random: Generator): void {
  const skip = (): number => Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - rate));
  for (let bit = skip(); bit < bytes.length * 8; bit += 1 + skip()) bytes[bit >>> 3] ^= 1 << (bit & 7);
}

export function direction(
  options: LineOptions,
  faults: Faults,
  random: Generator,
  deliver: (bytes: Uint8Array) => void,
): Direction {
  const { clock, bytesPerSecond = Number.POSITIVE_INFINITY, delayMs = 0 } = options;
  const { bitErrors = 0, lost = 0, doubled = 0, cut = 0 } = faults;
  let written = 0;
  let freeAt = 0;
  let age = 0;
  const carry = (piece: Uint8Array): void => {
    const bytes = Uint8Array.from(piece);
    if (bitErrors > 0) damage(bytes, bitErrors, random);
    for (let from = 0; from < bytes.length; from += CHUNK) {
      const chunk = bytes.subarray(from, from + CHUNK);
      freeAt = Math.max(freeAt, clock.now()) + (1000 * chunk.length) / bytesPerSecond;
      const born = age;
      clock.after(freeAt + delayMs - clock.now(), () => born === age && deliver(chunk));
    }
  };
  return {
    write(bytes) {
      written += bytes.length;
      for (const piece of piecesOf(bytes)) {
        const lot = random.uniform();
        if (lot < lost) continue;
        if (lot < lost + cut) carry(piece.subarray(0, random.below(piece.length)));
        else carry(piece);
        if (lot >= 1 - doubled) carry(piece);
      }
    },
    get written() {
      return written;
    },
    get freeAt() {
      return freeAt;
    },
    drop() {
      age += 1;
      freeAt = clock.now();
    },
  };
}

export interface FaultyLine {
  toBoard: Direction;
  toHost: Direction;
  /** Bytes under way are gone, and what is written from now on too, until plug(). */
  unplug(): void;
  plug(): void;
  readonly plugged: boolean;
}

export function faultyLine(
  options: LineOptions,
  onBoard: (bytes: Uint8Array) => void,
  onHost: (bytes: Uint8Array) => void,
): FaultyLine {
  let plugged = true;
  const end = (faults: Faults | undefined, name: string, deliver: (bytes: Uint8Array) => void): Direction => {
    const inner = direction(options, faults ?? {}, generator(options.seed, name), deliver);
    return {
      write: (bytes) => plugged && inner.write(bytes),
      drop: () => inner.drop(),
      get written() {
        return inner.written;
      },
      get freeAt() {
        return inner.freeAt;
      },
    };
  };
  const toBoard = end(options.toBoard, 'to board', onBoard);
  const toHost = end(options.toHost, 'to host', onHost);
  return {
    toBoard,
    toHost,
    unplug() {
      plugged = false;
      toBoard.drop();
      toHost.drop();
    },
    plug() {
      plugged = true;
    },
    get plugged() {
      return plugged;
    },
  };
}
