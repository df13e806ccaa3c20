import assert from 'node:assert/strict';
import type { GlobalModel } from '../../../../lib/federation';
import { tensorSizes } from '../../../../lib/federation/federated-model';
import { type PersonalWish, personalOptions } from '../../../../lib/federation/personal/options';
import { personalLearner } from '../../../../lib/federation/personal/personal-learner';
import { decodeAll } from '../../../../lib/update/codecs/registry';
import { diagonal, gradientOf, type Matrix, nine, patience, quadraticLearner, size, taskOf } from './quadratic-learner';

const tensors = tensorSizes(nine.layout);
const near = (a: ArrayLike<number>, b: ArrayLike<number>, by: number, what = ''): void => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i] - b[i]) <= by, `${what}[${i}]: ${a[i]} is not ${b[i]}`);
};

interface Client {
  a: Matrix;
  m: number[];
}

/** The mean of the updates, as the aggregator restores them, added round by round: FedAvg with equal weights. */
async function federate(clients: Client[], wish: PersonalWish, rounds: number, training = {}) {
  const models: Float32Array[] = [];
  const learners = clients.map(({ a, m }, k) =>
    personalLearner({
      model: nine,
      options: personalOptions(wish),
      learner: quadraticLearner(a, m),
      onPersonal: ({ weights }: GlobalModel) => {
        models[k] = weights;
      },
    }),
  );
  let w = new Float32Array(size);
  for (let round = 1; round <= rounds; round++) {
    const updates = await Promise.all(
      learners.map(async (learner) => {
        const { payload, codecs } = await learner.learn(taskOf(w, training, round), patience);
        return decodeAll(payload, codecs, tensors);
      }),
    );
    w = w.map((value, i) => value + updates.reduce((sum, update) => sum + update[i], 0) / updates.length);
  }
  return { w, models, learners };
}

const ones = new Array<number>(size).fill(1);
const two: Client[] = [
  { a: diagonal(...ones), m: ones.map((_, i) => i - 4) },
  { a: diagonal(...ones.map(() => 2)), m: ones.map((_, i) => 3 - i / 2) },
];

describe('personal models where the answer is known', () => {
  it('Ditto ends at argmin F + lambda/2 |v - w|^2, and takes nothing from the federation', async () => {
    const lambda = 0.5;
    const alone = await federate(two, { method: 'fine-tuning' }, 200, { epochs: 3 });
    const { w, models } = await federate(two, { method: 'ditto', lambda, personalEpochs: 3 }, 200, { epochs: 3 });
    assert.deepEqual(w, alone.w, 'the model of the federation is that of FedAvg');
    for (const [k, { a, m }] of two.entries()) {
      const fixed = m.map((value, i) => (a[i][i] * value + lambda * w[i]) / (a[i][i] + lambda));
      near(models[k], fixed, 1e-5, `client ${k}`);
    }
  });

  it('Ditto with lambda 0 is each alone', async () => {
    const { models } = await federate(two, { method: 'ditto', lambda: 0 }, 300);
    for (const [k, { m }] of two.entries()) near(models[k], m, 1e-5);
  });

  it('FedPer: the shared part is that of FedAvg, each private part is at its own minimum', async () => {
    const { w, models } = await federate(two, { method: 'fedper', privateLayers: 'dense_2' }, 300);
    // With one step each, the fixed point is where the mean gradient is zero.
    const shared = ones.map((_, i) => (two[0].m[i] * 1 + two[1].m[i] * 2) / 3);
    near(w.subarray(0, 6), shared.slice(0, 6), 1e-5);
    near(w.subarray(6), [0, 0, 0], 0, 'what stays at home never moves at the aggregator');
    for (const [k, { m }] of two.entries()) {
      near(models[k].subarray(0, 6), shared.slice(0, 6), 1e-5);
      near(models[k].subarray(6), m.slice(6), 1e-5);
    }
  });

  it('FedRep: the private layers learn first and alone, then the shared ones alone', async () => {
    // One client whose loss ties the shared number 0 to the private number 6.
    const a = diagonal(...ones);
    a[0][6] = 0.5;
    a[6][0] = 0.5;
    const m = two[0].m;
    const start = new Float32Array(size);
    const options = personalOptions({ method: 'fedrep', privateLayers: '1', personalEpochs: 2 });
    const models: Float32Array[] = [];
    const learner = personalLearner({
      model: nine,
      options,
      learner: quadraticLearner(a, m),
      onPersonal: ({ weights }) => models.push(weights),
    });
    const { payload, codecs } = await learner.learn(taskOf(start), patience);
    const w = Float64Array.from(start);
    for (let step = 0; step < 2; step++) {
      const gradient = gradientOf(a, m, w);
      for (let i = 6; i < size; i++) w[i] -= 0.1 * gradient[i];
    }
    near(models[0], w, 1e-6, 'personal');
    const gradient = gradientOf(a, m, w);
    const change = gradient.map((g, i) => (i < 6 ? -0.1 * g : 0));
    near(decodeAll(payload, codecs, tensors), change, 1e-6, 'update');
  });

  for (const variant of ['first-order', 'hessian-free'] as const) {
    it(`Per-FedAvg, ${variant}: one step is that of the paper, with a Hessian that is not diagonal`, async () => {
      const a = diagonal(...ones.map((_, i) => 1 + i / 9));
      for (let i = 0; i + 1 < size; i++) {
        a[i][i + 1] = 0.3;
        a[i + 1][i] = 0.3;
      }
      const { m } = two[0];
      const [alpha, beta] = [0.2, 0.05];
      const w = Float32Array.from(ones, (_, i) => Math.sin(i));
      const personal: Float32Array[] = [];
      const learner = personalLearner({
        model: nine,
        options: personalOptions({ method: 'per-fedavg', variant, alpha, beta }),
        learner: quadraticLearner(a, m),
        onPersonal: ({ weights }) => personal.push(weights),
      });
      const { payload, codecs } = await learner.learn(taskOf(w), patience);
      const g = gradientOf(a, m, w);
      const v = g.map((value, i) => w[i] - alpha * value);
      near(personal[0], v, 1e-6, 'one step of alpha from the model that came');
      const outer = gradientOf(a, m, v);
      const hessian = gradientOf(
        a,
        ones.map(() => 0),
        outer,
      );
      const step = outer.map((value, i) => -beta * (value - (variant === 'hessian-free' ? alpha * hessian[i] : 0)));
      near(decodeAll(payload, codecs, tensors), step, 2e-5, 'update');
    });

    it(`Per-FedAvg, ${variant}: the federation ends where the mean of the adapted losses is least (or its first-order figure)`, async () => {
      const alpha = 0.3;
      const { w } = await federate(two, { method: 'per-fedavg', variant, alpha, beta: 0.1 }, 400);
      // F_k(w - alpha grad F_k(w)) has the gradient (1 - alpha a)^2 a (w - m); first-order leaves one factor out.
      const weight = ({ a }: Client): number => a[0][0] * (1 - alpha * a[0][0]) ** (variant === 'hessian-free' ? 2 : 1);
      const [c0, c1] = two.map(weight);
      near(
        w,
        ones.map((_, i) => (c0 * two[0].m[i] + c1 * two[1].m[i]) / (c0 + c1)),
        2e-3,
      );
    });
  }

  it('fine-tuning takes so many steps from the model that came', async () => {
    const { models, w } = await federate(two, { method: 'fine-tuning', personalEpochs: 4, personalRate: 0.05 }, 60);
    // Each step leaves the share 1 - rate a of the distance to the own minimum.
    for (const [k, { a, m }] of two.entries()) {
      const left = (1 - 0.05 * a[0][0]) ** 4;
      near(
        models[k],
        m.map((value, i) => value + left * (w[i] - value)),
        1e-4,
      );
    }
  });
});
