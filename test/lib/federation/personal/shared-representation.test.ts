/**
 * The problem of the FedRep paper (Collins et al. 2021, section 4): clients y = (b . x) h_k with one direction b that all share and a
 * factor h_k of their own. The shared layer must find b, which no single model for all can use.
 */
import assert from 'node:assert/strict';
import { sampleBank } from '../../../../lib/data/sample-bank';
import { federatedModel, gatewayLearner, type Learner } from '../../../../lib/federation';
import { tensorSizes } from '../../../../lib/federation/federated-model';
import { personalOptions } from '../../../../lib/federation/personal/options';
import { personalLearner } from '../../../../lib/federation/personal/personal-learner';
import { initialWeights } from '../../../../lib/model';
import { generator } from '../../../../lib/random/generator';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import { decodeAll } from '../../../../lib/update/codecs/registry';
import { patience, taskOf } from './quadratic-learner';

const WIDTH = 6;
const linear = (units: number) => ({ type: 'dense', units, activation: 'linear', useBias: false }) as const;
const model = federatedModel(
  { version: 1, task: 'regress', input: [WIDTH], layers: [linear(1), linear(1)], loss: 'mean_squared_error', seed: 3 },
  'none',
);
const tensors = tensorSizes(model.layout);
const engine = createCoreEngine();

const random = generator(4, 'clients');
const b = Array.from({ length: WIDTH }, () => random.normal());
const norm = Math.hypot(...b);
const factors = [2, -1.5, 1, -2, 0.7, -0.5];

const bankOf = (factor: number) => {
  const bank = sampleBank({ width: WIDTH, targetWidth: 1, capacity: 40, eviction: 'oldest' });
  const features = Float32Array.from({ length: 40 * WIDTH }, () => random.normal());
  const along = (row: number): number =>
    b.reduce((sum, value, i) => sum + (value / norm) * features[row * WIDTH + i], 0);
  bank.add({ features, targets: Float32Array.from({ length: 40 }, (_, row) => factor * along(row)), count: 40 });
  return bank;
};
const banks = factors.map(bankOf);

/** Mean squared error of weights [shared, own] on a client's rows. */
function errorOf(w: Float32Array, { features, targets, count }: ReturnType<(typeof banks)[0]['block']>): number {
  let sum = 0;
  for (let row = 0; row < count; row++) {
    let z = 0;
    for (let i = 0; i < WIDTH; i++) z += w[i] * features[row * WIDTH + i];
    sum += (z * w[WIDTH] - targets[row]) ** 2 / count;
  }
  return sum;
}

async function federate(wrap: (learner: Learner, client: number) => Learner): Promise<Float32Array> {
  const learners = banks.map((bank, client) =>
    wrap(gatewayLearner({ model, bank, train: (job) => engine.train(job) }), client),
  );
  let w = initialWeights(model.spec);
  for (let round = 1; round <= 60; round++) {
    const changes: Float32Array[] = [];
    for (const learner of learners) {
      const { payload, codecs } = await learner.learn(taskOf(w, { batchSize: 40, learningRate: 0.1 }, round), patience);
      changes.push(decodeAll(payload, codecs, tensors));
    }
    w = w.map((value, i) => value + changes.reduce((sum, change) => sum + change[i], 0) / changes.length);
  }
  return w;
}

describe('a shared representation', () => {
  it('is found by FedRep to a tenth of a degree, with a factor for each client; by one model for all it is not', async () => {
    const models: Float32Array[] = [];
    const options = personalOptions({ method: 'fedrep', privateLayers: '1', personalEpochs: 20 });
    const w = await federate((learner, client) =>
      personalLearner({
        model,
        options,
        learner,
        onPersonal: ({ weights }) => {
          models[client] = weights;
        },
      }),
    );
    const shared = w.subarray(0, WIDTH);
    const cosine = shared.reduce((sum, value, i) => sum + value * (b[i] / norm), 0) / Math.hypot(...shared);
    assert.ok(Math.abs(cosine) > Math.cos((0.1 * Math.PI) / 180), `cosine ${cosine}`);
    for (const [client, factor] of factors.entries()) {
      // What a tenth of a degree leaves, rows being of unit variance but for chance.
      const most = 2 * (factor * Math.sin((0.1 * Math.PI) / 180)) ** 2;
      assert.ok(errorOf(models[client], banks[client].block()) < most);
      const own = models[client][WIDTH] * Math.hypot(...models[client].subarray(0, WIDTH)) * Math.sign(cosine);
      assert.ok(Math.abs(own - factor) < 1e-3, `${own}, not ${factor}`);
    }
    const alike = await federate((learner) => learner);
    const errors = banks.map((bank) => errorOf(alike, bank.block()));
    assert.ok(errors.reduce((sum, error) => sum + error, 0) / errors.length > 1, String(errors));
  });
});
