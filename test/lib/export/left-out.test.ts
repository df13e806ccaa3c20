import assert from 'node:assert/strict';
import { type ExportResult, exportModel } from '../../../lib/export';
import { layoutOf } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import { entries, jobOf } from './models';

const engine = createCoreEngine();

const jobNamed = (name: string) => {
  const entry = entries.find((one) => one.name === name);
  assert.ok(entry);
  return jobOf(entry, 50);
};
const sizes = ({ files }: ExportResult): number[] => files.map(({ bytes }) => bytes.length);

describe('files without dead units', () => {
  it('the report says what they do not have', async () => {
    const job = jobNamed('half pruned, small');
    const small = await exportModel(job, engine);
    const whole = await exportModel({ ...job, shrink: false }, engine);
    const { leftOut, parameters, multiplyAdds, files } = small.report;
    assert.ok(leftOut);
    // Half of 16 and of 24 filters and of 20 units; 3 taps, 7 steps behind the second pooling.
    const numbers = (a: number, b: number, c: number): number =>
      (5 * 3 + 1) * a + (3 * a + 1) * b + (7 * b + 1) * c + (c + 1) * 4;
    assert.equal(leftOut.units, 8 + 12 + 10);
    assert.deepEqual([parameters, leftOut.parameters], [numbers(8, 12, 10), numbers(16, 24, 20) - numbers(8, 12, 10)]);
    const work = (a: number, b: number, c: number): number => 28 * 15 * a + 14 * 3 * a * b + 7 * b * c + 4 * c;
    assert.deepEqual([multiplyAdds, leftOut.multiplyAdds], [work(8, 12, 10), work(16, 24, 20) - work(8, 12, 10)]);
    const saved = sizes(whole).map((size, i) => size - files[i].bytes);
    const header = files.findIndex(({ format }) => format === 'c-header');
    leftOut.bytes.forEach((bytes, i) => {
      // A header has scales in it, which differ by some digits.
      if (i !== header) assert.equal(bytes, saved[i], files[i].name);
      else assert.ok(Math.abs(bytes - saved[i]) < 50, `${bytes}, not ${saved[i]}`);
    });
    const tfjs = files.findIndex(({ name }) => name.endsWith('weights.bin'));
    assert.equal(leftOut.bytes[tfjs], 4 * leftOut.parameters);
    assert.equal(whole.report.leftOut, undefined);
  });

  it('a network in which nothing is dead is written as it is', async () => {
    const job = jobNamed('conv2d');
    const asked = await exportModel({ ...job, shrink: true }, engine);
    const plain = await exportModel(job, engine);
    assert.deepEqual(asked, plain);
  });

  it('the ranges of int8 are those of the small network', async () => {
    const job = jobNamed('half pruned, small');
    const { tensors } = layoutOf(job.spec);
    const weights = job.weights.slice();
    // A filter with no weights and a bias that is far beyond what the others give: it would take the range of its layer.
    const { offset, size, channels } = tensors[0];
    const dead = Array.from({ length: channels }, (_, c) => c).find((c) => weights[offset + c] === 0) ?? 0;
    for (let i = dead; i < size; i += channels) weights[offset + i] = 0;
    weights[tensors[1].offset + dead] = 1000;
    const { offset: next, size: all, channels: into } = tensors[2];
    for (let row = dead; row < all / into; row += channels) weights.fill(0, next + row * into, next + (row + 1) * into);
    const small = await exportModel({ ...job, weights }, engine);
    const whole = await exportModel({ ...job, weights, shrink: false }, engine);
    const off = ({ report }: ExportResult): number => report.comparison?.meanDifference ?? 1;
    assert.ok(off(small) < off(whole) / 2, `${off(small)} against ${off(whole)}`);
  });
});
