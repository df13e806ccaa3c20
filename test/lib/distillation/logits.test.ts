/** What travels in place of a network: logits out of probabilities, and back, softened. Expectations in float64 from the formulae. */
import assert from 'node:assert/strict';
import { checkSameLabels, logitsOf, softened, softTargets } from '../../../lib/distillation';
import { type ModelSpec, parseSpec } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';

const labels = ['a', 'b', 'c', 'd'];
const spec = (task: ModelSpec['task'], units: number, activation: string, names = labels): ModelSpec =>
  parseSpec({ task, input: [3], layers: [{ type: 'dense', units, activation }], labels: names });
const softmaxNet = spec('classify', 4, 'softmax');
const pair = spec('classify', 2, 'softmax', ['no', 'yes']);
const sigmoidNet = spec('classify', 1, 'sigmoid', ['no', 'yes']);
const several = spec('multi-label', 4, 'sigmoid');

const random = generator(9, 'logits');
const logitRows = (rows: number, width: number, scale = 2): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: width }, () => scale * random.normal()));
const softmax = (z: number[], temperature = 1): number[] => {
  const raised = z.map((x) => Math.exp(x / temperature));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((x) => x / sum);
};
const mean = (z: number[]): number => z.reduce((a, b) => a + b, 0) / z.length;
const near = (actual: ArrayLike<number>, expected: number[], by: number): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= by, `[${i}]: ${actual[i]} is not ${expected[i]}`);
  }
};

describe('logits of predictions', () => {
  it('are those of the network, each row shifted to the mean 0', () => {
    const rows = logitRows(50, 4);
    const outputs = Float32Array.from(rows.flatMap((z) => softmax(z)));
    near(
      logitsOf(outputs, softmaxNet),
      rows.flatMap((z) => z.map((x) => x - mean(z))),
      2e-4,
    );
  });

  it('of one sigmoid output are those of two labels', () => {
    const z = logitRows(1, 60)[0];
    const outputs = Float32Array.from(z, (x) => 1 / (1 + Math.exp(-x)));
    near(
      logitsOf(outputs, sigmoidNet),
      z.flatMap((x) => [-x / 2, x / 2]),
      2e-4,
    );
  });

  it('of any of several labels are log p / (1 - p)', () => {
    const z = logitRows(10, 4).flat();
    near(
      logitsOf(
        Float32Array.from(z, (x) => 1 / (1 + Math.exp(-x))),
        several,
      ),
      z,
      2e-4,
    );
  });

  it('stay small and finite however sure the network is', () => {
    const sure = logitsOf(Float32Array.of(1, 0, 0, 0, 0, 1e-30, 1, 1e-8), softmaxNet);
    assert.ok(sure.every((value) => Math.abs(value) <= -Math.log(1e-7) + 1e-4));
    assert.ok(logitsOf(Float32Array.of(0, 1), sigmoidNet).every(Number.isFinite));
    assert.ok(logitsOf(Float32Array.of(0, 1, 0.5, 0.5), several).every(Number.isFinite));
  });

  it('of what are no probabilities are refused', () => {
    for (const wrong of [Number.NaN, -0.1, 1.5, Number.POSITIVE_INFINITY]) {
      assert.throws(() => logitsOf(Float32Array.of(wrong, 0.5, 0.25, 0.25), softmaxNet), { code: 'distill-outputs' });
    }
    const regress = parseSpec({
      task: 'regress',
      input: [3],
      layers: [{ type: 'dense', units: 1, activation: 'linear' }],
    });
    assert.throws(() => logitsOf(Float32Array.of(0.5), regress), { code: 'distill-task' });
  });
});

describe('softened predictions', () => {
  for (const temperature of [1, 2, 7.5, 100]) {
    it(`are softmax(z / ${temperature}), whatever a row is shifted by`, () => {
      const rows = logitRows(40, 4, 4);
      const expected = rows.flatMap((z) => softmax(z, temperature));
      near(softened(Float32Array.from(rows.flat()), softmaxNet, temperature), expected, 1e-6);
      const shifted = rows.flatMap((z, i) => z.map((x) => x + 50 - i));
      near(softened(Float32Array.from(shifted), softmaxNet, temperature), expected, 1e-5);
    });

    it(`of two labels are the same for both kinds of outputs at ${temperature}`, () => {
      const logits = Float32Array.from(logitRows(40, 2, 4).flat());
      const both = softened(logits, pair, temperature);
      near(
        softened(logits, sigmoidNet, temperature),
        Array.from({ length: 40 }, (_, i) => both[2 * i + 1]),
        1e-6,
      );
    });
  }

  it('survive numbers that no client made: a poisoned mean is still a distribution', () => {
    const rows = [
      [3e38, -3e38, 0, 1],
      [-1e30, -1e30, -1e30, -1e30],
      [0, 0, 0, 0],
    ].flat();
    const soft = softened(Float32Array.from(rows), softmaxNet, 1);
    near(soft, [1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25], 1e-7);
    assert.ok(softened(Float32Array.of(3e38, -3e38), sigmoidNet, 1).every((p) => p >= 0 && p <= 1));
  });

  it('of the mean of logits are the softmax of the average (FedDF, AvgLogits), not the average of softmaxes', () => {
    const clients = Array.from({ length: 3 }, () => logitRows(20, 4, 3));
    const vectors = clients.map((rows) => logitsOf(Float32Array.from(rows.flatMap((z) => softmax(z))), softmaxNet));
    const consensus = vectors[0].map((_, i) => (vectors[0][i] + vectors[1][i] + vectors[2][i]) / 3);
    const average = (at: number): number[] => [0, 1, 2, 3].map((c) => mean(clients.map((rows) => rows[at][c])));
    const expected = Array.from({ length: 20 }, (_, row) => softmax(average(row), 2)).flat();
    near(softened(consensus, softmaxNet, 2), expected, 1e-4);
    const ofSoftmaxes = Array.from({ length: 20 }, (_, row) =>
      [0, 1, 2, 3].map((c) => mean(clients.map((rows) => softmax(rows[row], 2)[c]))),
    ).flat();
    assert.ok(Math.max(...ofSoftmaxes.map((p, i) => Math.abs(p - expected[i]))) > 0.01, 'the two can be told apart');
  });

  it('are what a student is taught, with the temperature and the share', () => {
    const logits = Float32Array.from(logitRows(2, 4).flat());
    assert.deepEqual(softTargets(logits, softmaxNet, { temperature: 3, share: 0.5 }), {
      probabilities: softened(logits, softmaxNet, 3),
      temperature: 3,
      share: 0.5,
    });
  });
});

describe('two models that learn from one another', () => {
  it('tell the same labels apart in the same way', () => {
    checkSameLabels(pair, sigmoidNet);
    checkSameLabels(softmaxNet, spec('classify', 4, 'softmax'));
    const others = [
      spec('classify', 4, 'softmax', ['b', 'a', 'c', 'd']),
      spec('classify', 3, 'softmax', ['a', 'b', 'c']),
      several,
    ];
    for (const other of others) {
      assert.throws(() => checkSameLabels(softmaxNet, other), { code: 'distill-labels', message: /same labels/ });
    }
  });
});
