/**
 * Fewer updates: what a client holds back, when it goes, and where the federation comes to rest. Expectations: a simulation of
 * error feedback in float64, and the optimum of the clients' quadratic losses.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { federatedModel, type Learner } from '../../../lib/federation';
import type { LocalUpdate } from '../../../lib/federation/learner';
import { localMemory } from '../../../lib/federation/local/memory';
import { createSender } from '../../../lib/federation/sending/sender';
import { createStore } from '../../../lib/state';
import { applyCodec, decodeAll } from '../../../lib/update/codecs/registry';
import type { SendingOptions, TensorSizes } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { drive, find } from './round-driver';
import { type Toy, toyFederation, toyModel } from './toy';

const STEP = 0.3;
const model = () => federatedModel(toyModel().spec, 'none');
const members = [
  { name: 'a', samples: 10, minimum: [1, -2, 3] },
  { name: 'b', samples: 30, minimum: [4, 0, -1] },
  { name: 'c', samples: 20, minimum: [-3, 5, 2] },
];
const optimum = [0, 1, 2].map((i) =>
  members.reduce((sum, { samples, minimum }) => sum + (samples * minimum[i]) / 60, 0),
);

const squared = (w: ArrayLike<number>, c: readonly number[]): number =>
  c.reduce((sum, value, i) => sum + (w[i] - value) ** 2, 0);

/** d = STEP (minimum - w); the loss is half the squared distance. */
const learner = ({ samples, minimum }: (typeof members)[number], codec?: string): Learner => ({
  count: samples,
  statistics: () => new Float64Array(7),
  async learn({ weights }) {
    const change = Float32Array.from(minimum, (c, i) => STEP * (c - weights[i]));
    const plain = { payload: vectorPayload(change), codecs: [] };
    const tensors: [number, number][] = [
      [2, 1],
      [1, 1],
    ];
    const { payload, codecs } = codec
      ? applyCodec({ payload: plain.payload, fl: { codecs: [], tensors } }, codec, { bits: 8 })
      : plain;
    const startLoss = squared(weights, minimum) / 2;
    return { payload, codecs, samples, metrics: { startLoss, loss: (1 - STEP) ** 2 * startLoss } };
  },
});

async function federation(sending: SendingOptions | undefined, rounds: number, codec?: string): Promise<Toy> {
  const toy = await toyFederation({
    options: { rounds, minClients: 3, quorum: 2, sending },
    parts: { model: model() },
  });
  for (const member of members) toy.add(member.name, { learner: learner(member, codec) }).samplesChanged();
  await toy.settle();
  assert.equal(toy.coordinator.snapshot().phase, 'finished');
  return toy;
}

/** Error feedback, word by word. `memory`: false forgets what stays. */
function simulated(
  start: number[],
  rounds: number,
  stays: (u: number[], w: number[], stayed: number) => boolean,
  memory = true,
) {
  let w = start;
  let withheld = 0;
  const held = members.map(() => [0, 0, 0]);
  const stayed = members.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    const from = w;
    const sum = [0, 0, 0];
    members.forEach(({ samples, minimum }, k) => {
      const u = minimum.map((c, i) => STEP * (c - from[i]) + held[k][i]);
      if (stays(u, from, stayed[k])) {
        stayed[k]++;
        withheld++;
        held[k] = memory ? u : [0, 0, 0];
        return;
      }
      stayed[k] = 0;
      held[k] = [0, 0, 0];
      u.forEach((value, i) => {
        sum[i] += (samples * value) / 60;
      });
    });
    w = from.map((value, i) => value + sum[i]);
  }
  return { w, withheld };
}

const norm = (v: readonly number[]): number => Math.hypot(...v);
const start = async (): Promise<number[]> => {
  const toy = await toyFederation({ parts: { model: model() } });
  const { weights } = toy.coordinator.snapshot();
  await toy.close();
  return [...weights];
};

describe('fewer updates', () => {
  it('by norm: what stays is added to the next, and the model is that of the simulation', async () => {
    const threshold = 0.9;
    const toy = await federation({ name: 'norm', threshold, patience: 4 }, 30);
    const { w, withheld } = simulated(
      await start(),
      30,
      (u, from, stayed) => norm(u) < threshold * norm(from) && stayed < 4,
    );
    toy.coordinator.snapshot().weights.forEach((value, i) => {
      assert.ok(Math.abs(value - w[i]) < 1e-4, `${value}, not ${w[i]}`);
    });
    assert.ok(withheld > 10 && withheld < 80, `${withheld}`);
    const told = toy.metrics.reduce((sum, record) => sum + (record.withheld ?? 0), 0);
    assert.equal(told, withheld);
    // Plain float32: 12 bytes each.
    assert.equal(
      toy.metrics.reduce((sum, { bytesSaved }) => sum + (bytesSaved ?? 0), 0),
      12 * withheld,
    );
    assert.equal(toy.coordinator.snapshot().bytesUpTotal, 12 * (90 - withheld));
    const declines = toy.sent.flatMap(({ fl }) => (fl.kind === 'decline' ? [fl] : []));
    assert.equal(declines.length, withheld);
    assert.ok(declines.every(({ reason, withheld: samples }) => /Not worth sending/.test(reason) && samples));
    await toy.close();
  });

  it('adds nothing of what learners say anew each time: else every sixth word would be six of them', async () => {
    const swings = async (restates: boolean): Promise<number> => {
      const toy = await toyFederation({
        options: { rounds: 60, minClients: 3, quorum: 2, sending: { name: 'periodic', every: 6 } },
        parts: { model: model() },
      });
      for (const { name, samples, minimum } of members) {
        // The whole way at once, as predictions do.
        const learn: Learner['learn'] = async ({ weights }) => ({
          payload: vectorPayload(Float32Array.from(minimum, (c, i) => c - weights[i])),
          codecs: [],
          samples,
          metrics: {},
        });
        const all = { ...learner({ name, samples, minimum }), learn, ...(restates ? { restates } : {}) };
        toy.add(name, { learner: all }).samplesChanged();
      }
      await toy.settle();
      const away = Math.sqrt(squared(toy.coordinator.snapshot().weights, optimum));
      assert.equal(toy.metrics.length, 60);
      await toy.close();
      return away;
    };
    const farthest = Math.max(...members.map(({ minimum }) => Math.sqrt(squared(minimum, optimum))));
    const away = await swings(true);
    assert.ok(away < farthest, `${away} is beyond what any of them says`);
    const wide = await swings(false);
    assert.ok(wide > 100 * farthest, `${wide}`);
  });

  it('by norm: comes nearer to the optimum than where nothing would be remembered', async () => {
    const threshold = 0.7;
    const toy = await federation({ name: 'norm', threshold }, 200);
    const { w } = simulated(await start(), 200, (u, from) => norm(u) < threshold * norm(from), false);
    const reached = Math.sqrt(squared(toy.coordinator.snapshot().weights, optimum));
    const forgetful = Math.sqrt(squared(w, optimum));
    assert.ok(reached < forgetful / 2, `${reached} against ${forgetful}`);
    await toy.close();
  });

  it('periodic: each client sends every third time what it has learned since, and the mean of the rests is the optimum', async () => {
    const toy = await federation({ name: 'periodic', every: 3 }, 240);
    const sent = new Map<string, number[]>();
    for (const { fl } of toy.sent) {
      if (fl.kind === 'update') sent.set(fl.client, [...(sent.get(fl.client) ?? []), fl.round]);
    }
    for (const [client, rounds] of sent) {
      assert.equal(rounds.length, 80, client);
      rounds.slice(1).forEach((round, i) => {
        assert.equal(round - rounds[i], 3);
      });
    }
    // Three times as long a step of stale changes still settles; what remains is the swing of the period.
    const swing = Math.sqrt(squared(toy.coordinator.snapshot().weights, optimum));
    assert.ok(swing < 2.5, `${swing}`);
    await toy.close();
  });

  it('by the fall of the loss', async () => {
    // Each training takes half of the loss away: (1 - STEP)^2 = 0.49.
    const all = await federation({ name: 'loss', threshold: 0.5 }, 3);
    assert.ok(all.metrics.every(({ withheld }) => withheld === undefined));
    await all.close();
    const none = await federation({ name: 'loss', threshold: 0.52, patience: 2 }, 6);
    assert.deepEqual(
      none.metrics.map(({ withheld = 0 }) => withheld),
      [3, 3, 0, 3, 3, 0],
    );
    // Nobody sends: the round counts all the same, and the model stays.
    assert.equal(none.metrics[0].updates, 0);
    assert.equal(none.metrics[0].updateNorm, 0);
    assert.equal(none.metrics[0].void, undefined);
    await none.close();
  });

  it('keeps the code of a learner that quantises', async () => {
    const toy = await federation({ name: 'periodic', every: 2 }, 4, 'quantize');
    const plain = await federation({ name: 'periodic', every: 2 }, 4);
    const updates = toy.sent.filter(({ fl }) => fl.kind === 'update');
    assert.ok(updates.length > 0);
    for (const { fl, payload } of updates) {
      assert.ok(fl.kind === 'update' && fl.codecs[0]?.name === 'quantize');
      assert.equal(decodeAll(payload, fl.codecs, fl.tensors).length, 3);
    }
    toy.coordinator.snapshot().weights.forEach((value, i) => {
      assert.ok(Math.abs(value - plain.coordinator.snapshot().weights[i]) < 0.15);
    });
    await toy.close();
    await plain.close();
  });

  it('what a client keeps at home stays out of what it held back, and its code stays', async () => {
    const tensors: TensorSizes = [
      [2, 1],
      [1, 1],
    ];
    const model = { fingerprint: 'm', tensors, size: 3 };
    const sender = createSender({ client: 'a', model, memory: localMemory('a') });
    const made = (change: number[], bits?: number): LocalUpdate => {
      const fl = { codecs: [], tensors };
      const thinned = applyCodec({ payload: vectorPayload(Float32Array.from(change)), fl }, 'layers', {
        kept: [true, false],
      });
      const coded = bits
        ? applyCodec({ payload: thinned.payload, fl: { codecs: thinned.codecs, tensors } }, 'quantize', { bits })
        : thinned;
      return { ...coded, samples: 5, metrics: {} };
    };
    for (const bits of [undefined, 16]) {
      const went: number[][] = [];
      let plain = 0;
      for (let round = 0; round < 4; round++) {
        const local = made([1, -2 * round, 99], bits);
        const { local: sent, stays } = await sender.consider(
          { name: 'periodic', every: 2 },
          local,
          new Float32Array(3),
        );
        if (stays !== undefined) continue;
        plain++;
        assert.deepEqual(
          sent.codecs.map(({ name }) => name),
          bits ? ['layers', 'quantize'] : ['layers'],
        );
        // One byte that says which tensors, and two numbers.
        assert.equal(sent.payload.length, bits ? local.payload.length : 1 + 8);
        went.push([...decodeAll(sent.payload, sent.codecs, tensors)]);
      }
      assert.equal(plain, 2);
      const sum = went.reduce((all, one) => all.map((value, i) => value + one[i]));
      // All that was made but what came last and stays; nothing of what is at home.
      assert.equal(sum[2], 0);
      assert.ok(went.some(([first]) => Math.abs(first - 2) < 1e-3));
    }
  });

  it('what stays survives a restart of the client', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-held-'));
    try {
      const store = createStore(folder);
      const [a] = members;
      const updates: number[][] = [];
      for (const life of [1, 2]) {
        const toy = await toyFederation({ options: { rounds: 1, minClients: 9, quorum: 1 } });
        const participant = toy.add('a', { model: model(), learner: learner(a), memory: localMemory('held a', store) });
        const { fingerprint } = model();
        participant.receive({
          fl: {
            kind: 'model',
            federation: 'toy',
            model: fingerprint,
            round: life,
            attempt: `life${life}.1`,
            cohort: ['a'],
            deadlineMs: 1000,
            quorum: 1,
            training: { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
            sending: { name: 'norm', threshold: life === 1 ? 1000 : 1e-6 },
            tensors: [
              [2, 1],
              [1, 1],
            ],
            codecs: [],
          },
          payload: vectorPayload(Float32Array.of(1, 1, 1)),
        });
        await toy.settle();
        // What it holds back is read from the disk first. Mocha's limit ends it.
        while (!toy.sent.some(({ fl }) => fl.kind === 'update' || fl.kind === 'decline')) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        for (const { fl, payload } of toy.sent) if (fl.kind === 'update') updates.push([...readVector(payload, 3)]);
        await toy.close();
      }
      const expected = a.minimum.map((c) => 2 * STEP * (c - 1));
      assert.equal(updates.length, 1);
      updates[0].forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]) < 1e-6);
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('a decline says it only where it was asked for, and never twice', () => {
    const driver = drive({ minClients: 3, quorum: 3, rounds: 0 });
    driver.event({ type: 'opened', run: 'life' });
    driver.join('a', 'b', 'c');
    const answer = { round: 1, attempt: 'life.1', withheld: 5 };
    driver.event({ type: 'decline', client: 'a', ...answer });
    assert.equal(find(driver.event({ type: 'decline', client: 'a', ...answer }), 'refuse')?.code, 'duplicate');
    driver.event({ type: 'decline', client: 'b', ...answer });
    const close = find(driver.answer('update', 'c'), 'close');
    assert.deepEqual([close?.counts.updates, close?.counts.declined, close?.counts.withheld], [1, 2, 2]);
  });

  it('a client that claims it where nobody asked has only declined', async () => {
    const toy = await toyFederation({ options: { rounds: 1, minClients: 1, quorum: 1 }, parts: { model: model() } });
    const { fingerprint } = toy.coordinator.snapshot();
    const base = { federation: 'toy', model: fingerprint, client: 'a' };
    toy.coordinator.receive({ fl: { kind: 'join', ...base, round: 0, samples: 5 } });
    await toy.settle();
    const asked = toy.sent.find(({ fl }) => fl.kind === 'model')?.fl;
    assert.ok(asked?.kind === 'model' && asked.sending === undefined);
    const { attempt } = asked;
    toy.coordinator.receive({ fl: { kind: 'decline', ...base, round: 1, attempt, reason: 'no', withheld: 9 } });
    await toy.settle();
    assert.match(toy.metrics[0].void ?? '', /quorum/);
    await toy.close();
  });
});
