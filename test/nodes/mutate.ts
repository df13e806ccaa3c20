/**
 * Messages as nobody should send them: from good ones, by a seeded sequence of mutations of types, sizes and values,
 * with numbers that are none, huge lengths, and keys that reach for a prototype.
 */
import { type Generator, generator } from '../../lib/random/generator';

type Bag = Record<string, unknown>;

const STRANGE: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  'x'.repeat(100_000),
  '__proto__',
  'constructor',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  0,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  [],
  [[]],
  {},
  { length: 1e9 },
  { type: 'Buffer', data: [1, 2, 3] },
  Buffer.alloc(0),
  Buffer.alloc(3),
  Buffer.alloc(4096, 0xff),
  new Float32Array([Number.NaN, 1]),
  () => 1,
  Symbol('s'),
  10n,
  new Date(0),
  new Map(),
];

const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' &&
  value !== null &&
  (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

function copy(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(copy);
  if (isBag(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
  return value;
}

/** A random place within: the object that holds it, and its key. */
function place(root: Bag, random: Generator): [holder: Bag, key: string] {
  let holder = root;
  for (;;) {
    const keys = Object.keys(holder);
    const key = keys.length > 0 ? (keys[random.below(keys.length)] as string) : 'payload';
    const inner = holder[key];
    if (!isBag(inner) || Object.keys(inner).length === 0 || random.below(3) === 0) return [holder, key];
    holder = inner;
  }
}

function mutateBytes(bytes: Buffer, random: Generator): Buffer {
  switch (random.below(4)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length + 1));
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(1 + random.below(64), random.below(256))]);
    default: {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[random.below(changed.length)] ^= 1 << random.below(8);
      return changed;
    }
  }
}

function mutateOnce(root: Bag, random: Generator): void {
  const [holder, key] = place(root, random);
  const value = holder[key];
  switch (random.below(6)) {
    case 0:
      delete holder[key];
      return;
    case 1:
      // As JSON.parse would make it: an own key of that name.
      Object.defineProperty(holder, '__proto__', {
        value: { polluted: true },
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return;
    case 2:
      if (Buffer.isBuffer(value)) holder[key] = mutateBytes(value, random);
      else if (typeof value === 'number')
        holder[key] = [value + 1, -value, value * 1e9, value / 3, `${value}`][random.below(5)];
      else if (typeof value === 'string')
        holder[key] = [`${value}x`, value.toUpperCase(), '', [value]][random.below(4)];
      else holder[key] = STRANGE[random.below(STRANGE.length)];
      return;
    default:
      holder[key] = STRANGE[random.below(STRANGE.length)];
  }
}

/** `count` messages, each made from one of `good`; the same seed gives the same ones. */
export function* mutated(good: readonly object[], count: number, seed: number): IterableIterator<Bag> {
  const random = generator(seed, 'mutate');
  for (let i = 0; i < count; i++) {
    const msg = copy(good[random.below(good.length)]) as Bag;
    for (let times = 1 + random.below(3); times > 0; times--) mutateOnce(msg, random);
    yield msg;
  }
}

export const isPolluted = (): boolean => 'polluted' in {};
