import assert from 'node:assert/strict';
import { samplesFrom, shapeOf } from '../../../lib/data/sample-input';
import { encodeSamples } from '../../../lib/data/samples-message';
import { sampleMaker } from '../../../lib/data/windows';
import { parseSpec, targetWidth } from '../../../lib/model';

const spec = parseSpec({
  version: 1,
  task: 'multi-label',
  input: [1],
  labels: ['leak', 'worn', 'dirty'],
  layers: [{ type: 'dense', units: 3, activation: 'sigmoid' }],
});
const shape = shapeOf(spec, targetWidth(spec));
const targetsOf = (label: unknown): number[] => [...samplesFrom({ payload: [5], label }, shape).targets];

describe('samples with several labels', () => {
  it('are written as names, as an object, or as a 0 or 1 for each', () => {
    for (const label of [
      ['dirty', 'leak'],
      'leak, dirty',
      { leak: true, dirty: 1, worn: false },
      [1, 0, 1],
      [true, false, true],
    ]) {
      assert.deepEqual(targetsOf(label), [1, 0, 1], JSON.stringify(label));
    }
    for (const none of [[], '', {}, [0, 0, 0]]) assert.deepEqual(targetsOf(none), [0, 0, 0]);
    assert.throws(() => targetsOf(['leek']), { code: 'unknown-label' });
    assert.throws(() => targetsOf(undefined), { code: 'no-label' });
  });

  it('of a data set are put into the order of the model by their names', () => {
    const block = { features: Float32Array.of(1, 2), targets: Float32Array.of(1, 0, 0, 0, 1, 1), count: 2 };
    const message = (classes?: string[]) =>
      encodeSamples(block, 1, 3, { split: 'train', ...(classes ? { classes } : {}) });
    const named = message(['dirty', 'leak', 'worn']);
    assert.deepEqual([...samplesFrom({ payload: named.payload, fl: named.fl }, shape).targets], [0, 0, 1, 1, 1, 0]);
    const plain = message();
    assert.deepEqual([...samplesFrom({ payload: plain.payload, fl: plain.fl }, shape).targets], [1, 0, 0, 0, 1, 1]);
    const other = message(['dirty', 'leak', 'hot']);
    assert.throws(() => samplesFrom({ payload: other.payload, fl: other.fl }, shape), {
      code: 'unknown-label',
      message: /"hot"/,
    });
    block.targets[0] = 0.5;
    const half = message();
    assert.throws(() => samplesFrom({ payload: half.payload, fl: half.fl }, shape), { message: /0 or 1/ });
  });

  it('come from columns that say yes or no', () => {
    const maker = sampleMaker({
      features: [{ column: 'heat', kind: 'value' }],
      label: { kind: 'several', columns: ['leak', 'worn'], names: ['leak', 'worn'] },
    });
    const rows = [
      { heat: '1', leak: 'yes', worn: '0' },
      { heat: '2', leak: 'False', worn: 'TRUE' },
      { heat: '3', leak: 'perhaps', worn: '1' },
    ];
    const samples = rows.flatMap((row) => maker.push(row).ready);
    assert.deepEqual(
      samples.map(({ targets }) => targets),
      [
        [1, 0],
        [0, 1],
      ],
    );
    assert.match(maker.counts.problems[0], /"leak" says neither yes nor no/);
    assert.deepEqual([maker.classes, maker.targetWidth], [['leak', 'worn'], 2]);
  });
});
