import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeStatistics, poolStatistics } from '../../../lib/data/normalisation';
import { type SampleShape, samplesFrom } from '../../../lib/data/sample-input';
import { encodeSamples } from '../../../lib/data/samples-message';
import { sampleMaker } from '../../../lib/data/windows';
import { generator } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';

const random = generator(1, 'hostile');
const pick = <T>(items: readonly T[]): T => items[random.below(items.length)];

let nested: unknown = [];
for (let i = 0; i < 20_000; i++) nested = [nested];
const cells: unknown[] = [
  ...[0, 1, -1, 1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e39, 1e-50, 2 ** 53],
  ...['', 'x', '1', ' 2 ', '1e999', '0x1f', '__proto__', 'constructor', 'a', 'b'],
  ...[null, undefined, true, [], {}, [1], [1, 2], [[1, 2]], { heat: 1 }, { heat: 1, sound: 2 }, nested],
  ...[() => 1, Symbol('s'), 10n, new Date(0), new Date(Number.NaN), Buffer.from('ab'), new Float32Array(2)],
];
const names = ['heat', 'sound', 'label', 'features', '__proto__', 'constructor', 'length'];
const anything = (depth: number): unknown => {
  if (depth === 0) return pick(cells);
  const items = Array.from({ length: random.below(4) }, () => anything(depth - 1));
  return random.below(2) === 0 ? items : Object.fromEntries(items.map((item) => [pick(names), item]));
};

const shapes: SampleShape[] = [
  { width: 2, targetWidth: 1, features: ['heat', 'sound'], labels: ['a', 'b'] },
  { width: 4, targetWidth: 0 },
  { width: 1, targetWidth: 2 },
  { width: 2, targetWidth: 1 },
];

/** Either a block of finite numbers, or a refusal of one short sentence. */
function judge(make: () => { features: Float32Array; targets: Float32Array }): 'taken' | 'refused' {
  try {
    const { features, targets } = make();
    assert.ok(features.every(Number.isFinite) && targets.every(Number.isFinite));
    return 'taken';
  } catch (error) {
    assert.ok(error instanceof RefusedError, String(error));
    assert.ok(error.message.length < 400 && /[.?]$/.test(error.message), error.message);
    return 'refused';
  }
}

describe('hostile input to the data room', () => {
  it('messages with samples: taken with finite numbers, or refused with a sentence', () => {
    const counts = { taken: 0, refused: 0 };
    const nearlyGood = (): unknown => {
      const numbers = Array.from({ length: pick([1, 2, 2, 4]) }, () =>
        random.below(9) === 0 ? pick(cells) : random.below(9),
      );
      return random.below(2) === 0
        ? numbers
        : { heat: numbers[0], sound: numbers[1], label: pick(['a', 'b', pick(cells)]) };
    };
    for (let i = 0; i < 30_000; i++) {
      const payload = pick([anything(3), nearlyGood(), [nearlyGood(), nearlyGood()]]);
      const label = pick([anything(1), 'a', undefined, ['a', 'b']]);
      counts[judge(() => samplesFrom({ payload, label }, pick(shapes)))] += 1;
    }
    assert.ok(counts.taken > 100 && counts.refused > 100, JSON.stringify(counts));
  });

  it('samples messages of the suite with a changed header or payload', () => {
    const block = { features: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(0, 1), count: 2 };
    const good = encodeSamples(block, 2, 1, { split: 'train', classes: ['a', 'b'] });
    const fields = ['count', 'width', 'targets', 'classes', 'split', 'kind'];
    const counts = { taken: 0, refused: 0 };
    for (let i = 0; i < 30_000; i++) {
      const fl = { ...good.fl, [pick(fields)]: pick(cells) };
      const payload =
        random.below(4) === 0 ? pick(cells) : good.payload.subarray(0, random.below(4) === 0 ? random.below(24) : 24);
      counts[judge(() => samplesFrom({ fl, payload }, pick(shapes)))] += 1;
    }
    assert.ok(counts.taken > 100 && counts.refused > 100, JSON.stringify(counts));
  });

  it('rows of any kind never stop the windows, and are counted', () => {
    const maker = sampleMaker({
      features: [
        { column: 'heat', kind: 'mean', window: 2 },
        { column: 'sound', kind: 'change', window: 1 },
      ],
      groupColumn: 'group',
      timeColumn: 'time',
      maxGroups: 20,
      missing: { policy: 'previous' },
      where: [{ column: 'sound', operator: '!=', value: 'x' }],
      label: { kind: 'within', condition: { column: 'heat', operator: '>', value: 1 }, rows: 3, classes: ['a', 'b'] },
    });
    let ready = 0;
    const often = [1, 2, '3'];
    for (let i = 0; i < 30_000; i++) {
      const row = {
        heat: pick([...often, pick(cells)]),
        sound: pick([...often, pick(cells)]),
        group: pick(['a', 'b', pick(cells), i]),
        time: pick(['2015-01-01T10:00', 1e12, pick(cells)]),
      };
      for (const { features, targets } of maker.push(row).ready) {
        ready += 1;
        assert.ok(features.every(Number.isFinite) && (targets[0] === 0 || targets[0] === 1));
      }
    }
    const { rows, samples, dropped, problems } = maker.counts;
    assert.deepEqual([rows, samples, problems.length], [30_000, ready, 5]);
    assert.ok(ready > 100 && dropped > 100);
  });

  it('statistics of any bytes: pooled to finite numbers above zero, or refused', () => {
    const cellsOfStatistics = [0, 1, 2, 5, -1, 0.5, 1e-300, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 41];
    let pooled = 0;
    for (let i = 0; i < 30_000; i++) {
      const payload = Buffer.alloc(random.below(8) === 0 ? random.below(60) : 40);
      for (let at = 0; at + 8 <= payload.length; at += 8) payload.writeDoubleLE(pick(cellsOfStatistics), at);
      try {
        const { mean, std } = poolStatistics([decodeStatistics(payload, 2)], 2);
        assert.ok(mean.every(Number.isFinite) && std.every((one) => Number.isFinite(one) && one > 0));
        pooled += 1;
      } catch (error) {
        assert.ok(error instanceof RefusedError && error.code === 'statistics', String(error));
      }
    }
    assert.ok(pooled > 100);
  });
});
