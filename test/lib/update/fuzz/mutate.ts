/** Seeded mutations of values and bytes: what a broken or hostile sender may send. */
import type { Generator } from '../../../../lib/random/generator';

const sparse = (): unknown[] => {
  const list: unknown[] = [];
  list.length = 0xffffffff;
  return list;
};

const cyclic = (): object => {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
};

const hostile: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => Number.NEGATIVE_INFINITY,
  () => -0,
  () => -1,
  () => 0,
  () => 0.5,
  () => 1e308,
  () => 2 ** 31,
  () => 2 ** 32,
  () => 2 ** 53,
  () => 123n,
  () => '',
  () => 'x'.repeat(100_000),
  () => '\u0000\ud800',
  () => '__proto__',
  () => 'all',
  () => '3',
  () => [],
  () => [[]],
  () => [[1, 1]],
  () => [[0xffffffff, 1]],
  () => Array(10_001).fill('a'),
  () => sparse(),
  () => ({}),
  () => cyclic(),
  () => Object.create(null),
  () => JSON.parse('{"__proto__":{"polluted":1}}'),
  () => ({ constructor: { prototype: { polluted: 1 } } }),
  () => ({ toString: null, valueOf: null }),
  () => ({ length: 1e9 }),
  () => [{ name: 'quantize', bits: 8, per: 'tensor', grid: 'symmetric' }],
  () => [{ name: 'quantize', bits: 16, per: 'channel', grid: 'affine', rounding: 'nearest' }],
  () => [{ name: 'quantize', bits: 1e9 }, { name: '__proto__' }],
  () => [{ name: 'drive', rotation: 'hadamard', seed: 7 }],
  () => [{ name: 'eden', bits: 4, seed: 1e300 }],
  () => [{ name: 'terngrad' }],
  () => [{ name: 'sign' }],
  () => [{ name: 'qsgd', levels: 255, bucket: 1, coding: 'sparse' }],
  () => Array(8).fill({ name: 'quantize', bits: 1, per: 'tensor', grid: 'affine' }),
  () => Buffer.alloc(3),
  () => Buffer.alloc(64),
  () => new Uint8Array(20),
  () => new Float64Array(4),
  () => ({ type: 'Buffer', data: [1, 2, 3] }),
  () => new Date(Number.NaN),
  () => new Map([['kind', 'update']]),
  () => Symbol('fl'),
  () => () => 1,
  () => new Proxy({}, { get: () => 1, ownKeys: () => ['a', 'b'] }),
];

export const hostileValue = (random: Generator): unknown => hostile[random.below(hostile.length)]();

const kinds = ['invite', 'join', 'statistics-request', 'statistics', 'model', 'update', 'decline', 'samples'];

/** Changes one thing somewhere inside, in place. */
export function mutateValue(value: object, random: Generator, depth = 0): void {
  const target = value as Record<string, unknown>;
  const names = ArrayBuffer.isView(value) ? [] : Object.keys(target);
  const name = names.length > 0 ? names[random.below(names.length)] : 'x';
  const inner = target[name];
  if (typeof inner === 'object' && inner !== null && !Buffer.isBuffer(inner) && depth < 6 && random.below(4) > 0) {
    mutateValue(inner, random, depth + 1);
    return;
  }
  switch (random.below(8)) {
    case 0:
      Reflect.deleteProperty(target, name);
      return;
    case 1:
      Reflect.defineProperty(target, ['__proto__', 'constructor', 'prototype', 'polluted'][random.below(4)], {
        value: hostileValue(random),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return;
    case 2:
      if (typeof inner === 'number') Reflect.set(target, name, inner + [1, -1, 0.5, 1e6, -1e12][random.below(5)]);
      else if (typeof inner === 'string') Reflect.set(target, name, [...inner].reverse().join(''));
      return;
    case 3:
      if ('kind' in target) Reflect.set(target, 'kind', kinds[random.below(kinds.length)]);
      return;
    default:
      Reflect.set(target, name, hostileValue(random));
  }
}

const numbers = [
  [0, 0, 0xc0, 0x7f],
  [0, 0, 0x80, 0x7f],
  [0, 0, 0x80, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0x5a, 0xff, 0xff, 0xff, 0xff],
  [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x9f],
  [0xbf],
  [0xd8, 85],
  [0xd2, 0x84],
  [0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81],
];

/** A copy with one part changed, cut, doubled or put in. */
export function mutateBytes(bytes: Buffer, random: Generator): Buffer {
  const at = random.below(bytes.length + 1);
  const to = at + random.below(bytes.length - at + 1);
  const copy = Buffer.from(bytes);
  switch (random.below(6)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(to)]);
    case 2:
      return Buffer.concat([copy.subarray(0, to), copy.subarray(at)]);
    case 3:
      return Buffer.concat([
        copy.subarray(0, at),
        Buffer.from(numbers[random.below(numbers.length)]),
        copy.subarray(at),
      ]);
    case 4:
      copy.set(numbers[random.below(numbers.length)].slice(0, bytes.length - at), at);
      return copy;
    default:
      if (at < bytes.length) copy[at] = random.below(256);
      return copy;
  }
}
