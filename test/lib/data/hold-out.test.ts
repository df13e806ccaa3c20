import assert from 'node:assert/strict';
import { splitHeldOut } from '../../../lib/data/hold-out';
import { generator } from '../../../lib/random/generator';
import type { SampleBlock } from '../../../lib/training/engine';

function rows(count: number, seed: number): SampleBlock {
  const random = generator(seed, 'rows');
  return {
    features: Float32Array.from({ length: 3 * count }, () => random.normal()),
    targets: Float32Array.from({ length: count }, () => random.below(4)),
    count,
  };
}
const keysOf = ({ features, targets, count }: SampleBlock): string[] =>
  Array.from({ length: count }, (_, i) => [...features.subarray(3 * i, 3 * i + 3), targets[i]].join(' '));

describe('samples held out', () => {
  it('each is on one side, in its order, and about the wanted share is held out', () => {
    const all = rows(4000, 1);
    for (const share of [0, 0.1, 0.2, 0.5, 1]) {
      const { train, heldOut } = splitHeldOut(all, share);
      const held = new Set(keysOf(heldOut));
      assert.deepEqual(
        keysOf(all).filter((key) => !held.has(key)),
        keysOf(train),
      );
      // Four standard deviations of a binomial.
      assert.ok(Math.abs(heldOut.count - 4000 * share) <= 4 * Math.sqrt(4000 * share * (1 - share)), String(share));
    }
  });

  it('the same sample is always on the same side: alone, doubled, in another order', () => {
    const all = rows(300, 2);
    const held = new Set(keysOf(splitHeldOut(all, 0.3).heldOut));
    for (let i = 0; i < 300; i++) {
      const one: SampleBlock = {
        features: Float32Array.of(
          ...all.features.subarray(3 * i, 3 * i + 3),
          ...all.features.subarray(3 * i, 3 * i + 3),
        ),
        targets: Float32Array.of(all.targets[i], all.targets[i]),
        count: 2,
      };
      const { heldOut } = splitHeldOut(one, 0.3);
      assert.equal(heldOut.count, held.has(keysOf(one)[0]) ? 2 : 0);
    }
  });

  it('a larger share holds out the same and more; another seed holds out others; whole numbers are spread too', () => {
    const all = rows(1000, 3);
    const some = keysOf(splitHeldOut(all, 0.2).heldOut);
    const more = new Set(keysOf(splitHeldOut(all, 0.4).heldOut));
    assert.ok(some.every((key) => more.has(key)));
    const other = new Set(keysOf(splitHeldOut(all, 0.2, 2).heldOut));
    assert.ok(some.filter((key) => other.has(key)).length < 100);
    const whole: SampleBlock = {
      features: Float32Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? i / 3 : 0)),
      targets: new Float32Array(1000),
      count: 1000,
    };
    const { count } = splitHeldOut(whole, 0.25).heldOut;
    assert.ok(Math.abs(count - 250) <= 60, String(count));
  });

  it('takes samples without targets, and none', () => {
    const { features, count } = rows(100, 4);
    const { train, heldOut } = splitHeldOut({ features, targets: new Float32Array(0), count }, 0.5);
    assert.equal(train.count + heldOut.count, 100);
    assert.equal(train.targets.length, 0);
    const none = splitHeldOut({ features: new Float32Array(0), targets: new Float32Array(0), count: 0 }, 0.5);
    assert.deepEqual([none.train.count, none.heldOut.count], [0, 0]);
  });
});
