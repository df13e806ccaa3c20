/** The clients' part of SCAFFOLD and FedDyn: against vectors and float64, and what becomes of it when an answer does not count. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Learner, LearningTask } from '../../../lib/federation';
import { learnByRule } from '../../../lib/federation/local/learning';
import { type LocalMemory, localMemory } from '../../../lib/federation/local/memory';
import type { KeepingRule } from '../../../lib/federation/local/rule';
import { createStrategy } from '../../../lib/federation/strategies';
import { RefusedError } from '../../../lib/refused';
import { createStore } from '../../../lib/state';
import type { TrainingOptions } from '../../../lib/training/engine';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { vector } from '../vectors';
import { near, plain } from './one-round';
import { descend, type Quadratic, quadraticLearner, runQuadratics } from './quadratic';

const control = (signal = new AbortController().signal) => ({ signal, deadlineMs: 1000, onProgress: () => {} });

interface L1 {
  w: number[][];
  x: number[][];
  t: number[][];
  lr: number;
  epochs: number;
}
/** Tests of pfl. */
const onPfl = (id: string) => vector<L1 & Record<string, number>, Record<string, number[][]>>(id);

/** Full-batch steps on the loss of pfl's tests, mean over rows of sum |x w - t|, with the terms of a task, in float64. */
function absoluteLearner({ w: { length: inputs }, x, t }: L1, calls: LearningTask[] = []): Learner {
  const outputs = t[0].length;
  const gradientAt = (w: ArrayLike<number>): number[] => {
    const gradient = new Array<number>(inputs * outputs).fill(0);
    x.forEach((row, r) => {
      for (let o = 0; o < outputs; o++) {
        const error = row.reduce((sum, value, i) => sum + value * w[i * outputs + o], 0) - t[r][o];
        row.forEach((value, i) => {
          gradient[i * outputs + o] += (Math.sign(error) * value) / x.length;
        });
      }
    });
    return gradient;
  };
  return {
    count: x.length,
    statistics: () => new Float64Array(3),
    async learn(task) {
      calls.push(task);
      const { weights, options, anchor = weights, control: added, atStart } = task;
      const { proximal = 0, learningRate, epochs } = options;
      const w = Float64Array.from(weights);
      for (let step = 0; step < epochs; step++) {
        gradientAt(w).forEach((gradient, j) => {
          w[j] -= learningRate * (gradient + proximal * (w[j] - anchor[j]) + (added?.[j] ?? 0));
        });
      }
      return {
        payload: vectorPayload(Float32Array.from(w, (value, j) => value - weights[j])),
        codecs: [],
        samples: x.length,
        metrics: { steps: epochs },
        ...(atStart?.gradient ? { startGradient: Float32Array.from(gradientAt(weights)) } : {}),
      };
    },
  };
}

/** One round at a client that has answered nothing yet. */
async function once(
  learner: Learner,
  rule: KeepingRule,
  weights: number[],
  further: number[][],
  options: TrainingOptions,
  memory: LocalMemory = localMemory('x'),
  { settled = 0, round = 1 } = {},
): Promise<{ change: Float32Array; second?: Float32Array; lost: boolean }> {
  let lost = false;
  const task: LearningTask = { round, weights: Float32Array.from(weights), options };
  const asked = { rule, further: further.map((one) => Float32Array.from(one)), settled, model: 'm' };
  const update = await learnByRule(learner, task, control(), asked, memory, () => {
    lost = true;
  });
  const size = weights.length;
  const all = readVector(update.payload, size * (update.vectors ?? 1));
  return {
    change: all.subarray(0, size),
    ...(update.vectors === 2 ? { second: all.subarray(size) } : {}),
    lost,
  };
}

describe('a client of SCAFFOLD', () => {
  for (const [id, option] of [
    ['pfl-scaffold-1', 2],
    ['pfl-scaffold-3', 1],
    ['der-scaffold-1', 2],
    ['der-scaffold-1', 1],
  ] as const) {
    it(`${id}, option ${option}: the update, and c_i+ as in the paper`, async () => {
      const { input, expected } = onPfl(id);
      const options = { ...plain, learningRate: input.lr, epochs: input.epochs, fullBatch: true };
      const zeros = input.w.flat().map(() => 0);
      const { change, second } = await once(
        absoluteLearner(input),
        { name: 'scaffold', option },
        input.w.flat(),
        [zeros],
        options,
      );
      near(change, expected.delta_w.flat());
      // c_i was 0, so that the second vector is c_i+. pfl keeps its negative, and adds it where the paper takes it away.
      const c = expected.c_i_plus?.flat() ?? expected.delta_c_pfl_sign.flat().map((value) => -value);
      near(second ?? [], c);
    });
  }

  it('several steps with c and c_i: option II against float64, and c_i is kept for the next round', async () => {
    const client: Quadratic = { a: [1, 3, 0.5], b: [2, -1, 4], samples: 5 };
    const options = { ...plain, epochs: 6 };
    const memory = localMemory('x');
    let own = [0, 0, 0];
    for (const [round, w, c] of [
      [1, [0.5, 1, -1], [0.3, -0.2, 0.1]],
      [2, [0.75, 0.5, 0], [-0.5, 0.25, 1]],
    ] as const) {
      const rule = { name: 'scaffold', option: 2 } as const;
      const y = descend(client, 6, w, options, { control: c.map((value, j) => value - own[j]) });
      const next = own.map((value, j) => value - c[j] + (w[j] - y[j]) / (6 * options.learningRate));
      const { change, second, lost } = await once(quadraticLearner(client), rule, [...w], [[...c]], options, memory, {
        settled: round - 1,
        round,
      });
      assert.equal(lost, false);
      near(
        change,
        [...y].map((value, j) => value - w[j]),
      );
      near(
        second ?? [],
        next.map((value, j) => value - own[j]),
        3e-6,
      );
      own = next;
    }
  });
});

describe('a client of FedProx', () => {
  for (const id of ['pfl-fedprox-0', 'pfl-fedprox-1']) {
    it(`${id}: the strategy's mu holds it`, async () => {
      const { input, expected } = onPfl(id);
      const wish = { ...plain, learningRate: input.lr, epochs: input.epochs, fullBatch: true };
      const { training } = createStrategy({ name: 'fedprox', mu: input.mu }, wish);
      const weights = Float32Array.from(input.w.flat());
      const { payload } = await absoluteLearner(input).learn(
        { round: 1, weights, options: { ...wish, ...training } },
        control(),
      );
      near(readVector(payload, 4), expected.delta_w.flat());
    });
  }
});

describe('a client of FedDyn', () => {
  it('minimises f - <h, w> + alpha/2 |w - w0|^2, and then h is the gradient of f where it stands', async () => {
    const client: Quadratic = { a: [1, 2, 3], b: [2, -1, 1], samples: 5 };
    const alpha = 0.5;
    const options = { ...plain, epochs: 400 };
    const memory = localMemory('x');
    let h = [0, 0, 0];
    for (const [round, w] of [
      [1, [0, 0, 0]],
      [2, [1, 0.5, -1]],
    ] as const) {
      const { change, second } = await once(
        quadraticLearner(client),
        { name: 'feddyn', alpha },
        [...w],
        [],
        options,
        memory,
        { settled: round - 1, round },
      );
      assert.equal(second, undefined);
      // a (w - b) - h + alpha (w - w0) = 0
      const least = w.map((start, j) => (client.a[j] * client.b[j] + h[j] + alpha * start) / (client.a[j] + alpha));
      near(
        change,
        least.map((value, j) => value - w[j]),
        1e-5,
      );
      h = least.map((value, j) => client.a[j] * (value - client.b[j]));
      near((await memory.recall({ rule: 'feddyn', model: 'm', size: 3 }, round)) ?? [], h, 1e-5);
    }
  });
});

describe('what a client keeps for its strategy', () => {
  const client: Quadratic = { a: [1, 2, 3], b: [2, -1, 1], samples: 5 };
  const rule = { name: 'scaffold', option: 2 } as const;
  const key = { rule: 'scaffold', model: 'm', size: 3 };
  const learn = (memory: LocalMemory, round: number, settled: number) =>
    once(quadraticLearner(client), rule, [round, 0, 0], [[0, 0, 0]], plain, memory, { round, settled });

  it('is of the last answer that counted', async () => {
    const memory = localMemory('x');
    await learn(memory, 1, 0);
    const afterOne = await memory.recall(key, 1);
    assert.ok(afterOne?.some((value) => value !== 0));
    // Its answer to round 2 does not count: what comes of round 3 is as if round 2 had not been.
    await learn(memory, 2, 1);
    assert.deepEqual(await memory.recall(key, 1), afterOne);
    const third = await learn(memory, 3, 1);
    const other = localMemory('x');
    await learn(other, 1, 0);
    assert.deepEqual(third, await learn(other, 3, 1));
    // Of a round that it does not know it says so until it is told another, and begins with zeros; after a reset as well, but there nothing is lost.
    assert.equal(await memory.recall(key, 2), undefined);
    const lost = await learn(memory, 9, 7);
    assert.equal(lost.lost, true);
    assert.equal((await learn(memory, 9, 7)).lost, true);
    assert.equal((await learn(memory, 10, 9)).lost, false);
    const fresh = await learn(memory, 1, 0);
    assert.equal(fresh.lost, false);
    assert.deepEqual(fresh, await learn(localMemory('x'), 1, 0));
  });

  it('is not told from another rule, another model or another size', async () => {
    const memory = localMemory('x');
    await learn(memory, 1, 0);
    for (const other of [{ rule: 'feddyn' }, { model: 'other' }]) {
      assert.equal(await memory.recall({ ...key, ...other }, 1), undefined);
    }
  });

  it('survives a restart, and what is damaged is as good as lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-local-'));
    try {
      const open = (): LocalMemory => localMemory('federation client strategy', createStore(folder));
      await learn(open(), 1, 0);
      const again = open();
      const kept = await again.recall(key, 1);
      assert.ok(kept?.some((value) => value !== 0));
      assert.deepEqual(await open().recall(key, 0), new Float32Array(3));
      assert.equal(await open().recall({ ...key, size: 4 }, 1), undefined);
      for (const file of await readdir(folder)) await writeFile(join(folder, file), 'damaged');
      assert.equal(await open().recall(key, 1), undefined);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is not touched by a training that nobody waits for any more, nor by one that is of no use', async () => {
    const memory = localMemory('x');
    await learn(memory, 1, 0);
    const before = await memory.recall(key, 1);
    const abort = new AbortController();
    abort.abort();
    const task: LearningTask = { round: 2, weights: new Float32Array(3), options: plain };
    const asked = { rule, further: [new Float32Array(3)], settled: 1, model: 'm' };
    const never = () => assert.fail('nothing is lost');
    await assert.rejects(learnByRule(quadraticLearner(client), task, control(abort.signal), asked, memory, never));
    const useless: [code: string, change: Partial<Awaited<ReturnType<Learner['learn']>>>][] = [
      ['partial-update', { codecs: [{ name: 'quantize' }] }],
      ['payload-size', { payload: Buffer.alloc(4) }],
      ['no-steps', { metrics: {} }],
      ['not-finite', { payload: vectorPayload(Float32Array.of(Number.NaN, 0, 0)) }],
    ];
    for (const [code, change] of useless) {
      const learner: Learner = {
        ...quadraticLearner(client),
        learn: async (...given) => ({ ...(await quadraticLearner(client).learn(...given)), ...change }),
      };
      await assert.rejects(
        learnByRule(learner, task, control(), asked, memory, never),
        (error) => error instanceof RefusedError && error.code === code,
        code,
      );
    }
    const blind: Learner = {
      ...quadraticLearner(client),
      learn: async (...given) => ({ ...(await quadraticLearner(client).learn(...given)), startGradient: undefined }),
    };
    const first = { ...asked, rule: { name: 'scaffold', option: 1 } as const };
    await assert.rejects(
      learnByRule(blind, task, control(), first, memory, never),
      (error) => error instanceof RefusedError && error.code === 'no-gradient',
    );
    assert.deepEqual(await memory.recall(key, 1), before);
    assert.equal(await memory.recall(key, 2), undefined);
  });

  it('stays the share of c when updates get lost on their way: SCAFFOLD still lands on the optimum', async () => {
    const clients: Quadratic[] = [
      { a: [1, 2, 0.5], b: [4, -1, 2], samples: 10 },
      { a: [3, 0.5, 1], b: [-2, 3, 0], samples: 30 },
      { a: [0.5, 1, 2], b: [1, 1, -3], samples: 20 },
    ];
    let sent = 0;
    const optimum = [0, 1, 2].map(
      (j) => clients.reduce((sum, { a, b }) => sum + a[j] * b[j], 0) / clients.reduce((sum, { a }) => sum + a[j], 0),
    );
    for (const name of ['scaffold', 'feddyn'] as const) {
      const strategy = name === 'scaffold' ? { name } : { name, alpha: 1 };
      const { weights, metrics } = await runQuadratics(
        clients,
        { rounds: 250, training: { ...plain, epochs: 10 }, strategy },
        {
          up(message) {
            const { fl } = message;
            if (fl.kind !== 'update' || ++sent % 4 !== 0) return message;
            const { federation, model, round, attempt, client } = fl;
            // Broken on its way: the client thinks that it was sent.
            return { fl: { kind: 'decline', federation, model, round, attempt, client, reason: 'lost' } };
          },
        },
      );
      assert.ok(metrics.filter(({ updates }) => updates < 3).length > 50);
      near(weights, optimum, 1e-4);
    }
  });
});
