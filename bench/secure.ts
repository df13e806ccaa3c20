/** What a masked update of 100,000 numbers costs its client, and taking one mask off the sum: against fl-quantize. */

import { randomBytes } from 'node:crypto';
import { createKernels } from '../lib/core';
import { agree, derive, newKeyPair, sharedSecret } from '../lib/privacy/secure/keys';
import { applyMask, emptySum } from '../lib/privacy/secure/mask';
import { quantise } from '../lib/privacy/secure/quantise';
import { seal } from '../lib/privacy/secure/seal';
import { secureSettings } from '../lib/privacy/secure/settings';
import { split } from '../lib/privacy/secure/shamir';
import { generator } from '../lib/random/generator';
import { quantizeWith } from '../lib/update/codecs/quantize';
import { compare, type Row } from './measure';

const LENGTH = 100_000;
const NEIGHBOURS = 20;

export async function secure(): Promise<Row[]> {
  const random = generator(1, 'bench secure');
  const vector = Float32Array.from({ length: LENGTH }, () => random.normal() * 0.01);
  const coder = quantizeWith(createKernels());
  const codes = emptySum(LENGTH);
  const settings = secureSettings({ clip: 0.1, maxSamples: 1000 }, NEIGHBOURS + 1);
  const seed = randomBytes(32);
  const [own, other] = [newKeyPair(randomBytes), newKeyPair(randomBytes)];
  const quantize = () => coder.encode(vector, [[LENGTH, 100]], { bits: 8 });
  const rate = (seconds: number): number => LENGTH / seconds / 1e6;
  const row = (name: string, value: number, unit: string, ratio: number): Row => ({
    name,
    value,
    unit,
    against: 'quantize8',
    ratio,
  });

  const coded = await compare(() => quantise(vector, settings, codes), quantize);
  const one = await compare(() => applyMask(codes, { seed, sign: 1 }), quantize);
  const whole = await compare(() => {
    quantise(vector, settings, codes);
    for (let i = 0; i <= NEIGHBOURS; i++) {
      const agreed = i === 0 ? seed : agree(own, other.publicKey, seed, 'bench');
      applyMask(codes, { seed: agreed, sign: i % 2 ? 1 : -1 });
    }
  }, quantize);
  const set = await compare(() => {
    newKeyPair(randomBytes);
    newKeyPair(randomBytes);
    const shares = [own.secret, seed].map((secret) => split(secret, 14, NEIGHBOURS + 1, randomBytes));
    for (let i = 0; i < NEIGHBOURS; i++) {
      // One agreement for both directions of a pair.
      const secret = sharedSecret(own, other.publicKey);
      derive(secret, seed, `bench from ${i}`);
      const key = derive(secret, seed, `bench to ${i}`);
      seal(Buffer.concat([shares[0][i].y, shares[1][i].y]), key);
    }
  }, quantize);
  return [
    row('secure/quantise', rate(coded.ours), 'M numbers/s', coded.ratio),
    row('secure/mask', rate(one.ours), 'M numbers/s', one.ratio),
    row('secure/update', 1000 * whole.ours, 'ms', whole.ratio),
    row('secure/shares', 1000 * set.ours, 'ms', set.ratio),
  ];
}
