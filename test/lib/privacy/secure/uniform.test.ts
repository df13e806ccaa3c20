/** What can be seen of a masked update: nothing but its length. */
import assert from 'node:assert/strict';
import type { Message } from '../../../../lib/update/message';
import { play } from './cohort';

/** Chi-square of the counts against all being equal. */
function chiSquare(counts: Float64Array): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Six standard deviations off: by chance one time in 10^9. */
const likely = (chi: number, cells: number): boolean => Math.abs(chi - (cells - 1)) < 6 * Math.sqrt(2 * (cells - 1));

const size = 20_000;
const clients = ['a', 'b', 'c', 'd'];

describe('a masked update', () => {
  const constant = (value: number) => clients.map(() => new Float32Array(size).fill(value));
  const zeros = play({ clients, vectors: constant(0), samples: [1, 1, 1, 1] });
  const ones = play({ clients, vectors: constant(1), samples: [1000, 1000, 1000, 1000] });

  for (const [name, played] of Object.entries({ 'only zeros': zeros, 'only the highest code': ones })) {
    it(`of ${name} has bytes that all are equally frequent, in each place of a number`, () => {
      for (const payload of played.payloads.values()) {
        for (let place = 0; place < 4; place++) {
          const counts = new Float64Array(256);
          for (let i = place; i < payload.length; i += 4) counts[payload[i]]++;
          assert.ok(likely(chiSquare(counts), 256), `byte ${place}: ${chiSquare(counts)}`);
        }
      }
    });
  }

  it('has no number that goes with the next, with the same of another client, or of another asking', () => {
    const words = (payload: Buffer | undefined): number[] =>
      Array.from({ length: size }, (_, i) => (payload?.readUInt32LE(4 * i) ?? 0) >>> 28);
    const pairs = (one: number[], two: number[]): Float64Array => {
      const counts = new Float64Array(256);
      for (let i = 0; i < one.length; i++) counts[16 * one[i] + two[i]]++;
      return counts;
    };
    const a = words(zeros.payloads.get('a'));
    const others = [words(zeros.payloads.get('b')), words(ones.payloads.get('a')), [...a.slice(1), a[0]]];
    for (const other of others) assert.ok(likely(chiSquare(pairs(a, other)), 256));
    // That the measure finds what is there.
    assert.ok(!likely(chiSquare(pairs(a, a)), 256));
  });

  it('says neither samples nor losses nor scores in its header', () => {
    const seen: Message[] = [];
    play({ clients, vectors: constant(0.5), samples: [5, 6, 7, 8], watch: (message) => seen.push(message) });
    const updates = seen.filter(({ fl }) => fl.kind === 'update');
    assert.equal(updates.length, 4);
    for (const { fl } of updates) {
      assert.deepEqual(Object.keys(fl).sort(), [
        ...['attempt', 'client', 'codecs', 'deadlineMs', 'expected', 'federation'],
        ...['kind', 'model', 'round', 'samples', 'tensors'],
      ]);
      assert.ok(fl.kind === 'update' && fl.samples === 1);
    }
  });
});
