/** What docs/messages.md says of the rotation, computed from its words alone: another implementer's decoder. */

/** xoshiro128** whose four words are SplitMix32's first four of the seed, the last with its lowest bit set. */
export function draws(seed: number): () => number {
  let mix = seed;
  const word = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const turned = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  const s = [word(), word(), word(), word() | 1];
  return () => {
    const result = Math.imul(turned(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = turned(s[3], 11);
    return result;
  };
}

const parity = (bits: number): number => {
  let odd = 0;
  for (let rest = bits; rest > 0; rest >>= 1) odd ^= rest & 1;
  return odd;
};

/** [numbers of the vector, numbers of the block] one after the other. */
export function blocks(length: number): [count: number, size: number][] {
  const found: [number, number][] = [];
  for (let rest = length; rest > 0; ) {
    let size = 4096;
    if (rest >= 64) while (size > rest) size /= 2;
    else for (size = 8; size < rest; ) size *= 2;
    found.push([Math.min(rest, size), size]);
    rest -= size;
  }
  return found;
}

export const bitsAt = (bytes: Uint8Array, from: number, count: number): number => {
  let value = 0;
  for (let k = 0; k < count; k++) value |= ((bytes[(from + k) >> 3] >> ((from + k) & 7)) & 1) << k;
  return value;
};

/** Number i of a block: scale * sign_i * sum_j (-1)^popcount(i & j) level_j. */
export function decodeByTheBook(
  payload: Buffer,
  length: number,
  { bits, levels, seed }: { bits: number; levels: readonly number[]; seed?: number },
): number[] {
  const plan = blocks(length);
  const result: number[] = [];
  let at = 8 * 4 * plan.length;
  for (const [index, [count, size]] of plan.entries()) {
    const scale = payload.readFloatLE(4 * index);
    const q = Array.from({ length: size }, (_, i) => levels[bitsAt(payload, at + i * bits, bits)]);
    at += size * bits;
    const next = draws(((seed ?? 0) + index) % 2 ** 32);
    const words = Array.from({ length: Math.ceil(size / 32) }, () => next());
    for (let i = 0; i < count; i++) {
      if (seed === undefined) {
        result.push(scale * q[i]);
        continue;
      }
      const sum = q.reduce((all, level, j) => all + (parity(i & j) === 1 ? -level : level), 0);
      result.push(scale * sum * ((words[i >> 5] >>> (i & 31)) & 1 ? -1 : 1));
    }
  }
  return result;
}
