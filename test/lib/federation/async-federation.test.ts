/**
 * Federations without rounds, of fast and slow clients. What must come out is computed by a simulation of its own in
 * float64: a list of who is done when, the formula of the paper, and every version that ever was.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, federatedModel, type Learner } from '../../../lib/federation';
import type { AsyncTiming } from '../../../lib/federation/timing/options';
import { createStore, type StateRecord } from '../../../lib/state';
import { vectorPayload } from '../../../lib/update/vector';
import { type Toy, toyFederation, toyModel } from './toy';

interface Member {
  name: string;
  /** Where its loss is least. */
  minimum: number[];
  /** How long it trains, in ms. */
  takes: number;
}

const STEP = 0.4;
const members: Member[] = [
  { name: 'fast', minimum: [1, -2, 3], takes: 10.1 },
  { name: 'middle', minimum: [4, 0, -1], takes: 37.3 },
  { name: 'slow', minimum: [-3, 5, 2], takes: 101.7 },
];

/** d = STEP (minimum - w), when its time has come. */
const learner = ({ minimum, takes }: Member, clock: Clock): Learner => ({
  count: 10,
  statistics: () => new Float64Array(7),
  learn: ({ weights }, { signal }) =>
    new Promise((resolve, reject) => {
      const change = Float32Array.from(minimum, (c, i) => STEP * (c - weights[i]));
      const cancel = clock.after(takes, () =>
        resolve({ payload: vectorPayload(change), codecs: [], samples: 10, metrics: { loss: 1 } }),
      );
      signal.addEventListener('abort', () => {
        cancel();
        reject(new Error('aborted'));
      });
    }),
});

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const quiet = async (): Promise<void> => {
  for (let i = 0; i < 12; i++) await tick();
};

async function federation(timing: AsyncTiming, ms: number, parts = {}): Promise<Toy> {
  const toy = await toyFederation({
    options: { rounds: 0, minClients: members.length, quorum: 1, deadlineMs: 1e6, timing },
    parts: { model: federatedModel(toyModel().spec, 'none'), ...parts },
  });
  for (const member of members) toy.add(member.name, { learner: learner(member, toy.clock) }).samplesChanged();
  await quiet();
  await run(toy, ms);
  return toy;
}

/** One event after the other, each with all that follows from it without time passing. */
async function run(toy: Toy, ms: number): Promise<void> {
  const end = toy.clock.now() + ms;
  for (;;) {
    const { next } = toy.clock;
    if (next === undefined || toy.clock.now() + next > end) break;
    toy.clock.advance(next);
    await quiet();
  }
  toy.clock.advance(end - toy.clock.now());
}

const weightOf = ({ staleness = { name: 'polynomial', a: 0.5 } }: AsyncTiming, t: number): number => {
  if (staleness.name === 'constant') return 1;
  if (staleness.name === 'polynomial') return 1 / (t + 1) ** staleness.a;
  return t > staleness.b ? 1 / (staleness.a * (t - staleness.b) + 1) : 1;
};

/** The papers, word by word. */
function simulated(timing: AsyncTiming, start: number[], ms: number) {
  const versions = [start];
  const work = members.map((member) => ({ ...member, version: 0, done: member.takes }));
  let buffer: number[][] = [];
  let dropped = 0;
  for (;;) {
    const next = work.reduce((a, b) => (b.done < a.done ? b : a));
    if (next.done > ms) break;
    const now = versions.length - 1;
    const given = versions[next.version];
    const t = now - next.version;
    const change = given.map((w, i) => STEP * (next.minimum[i] - w));
    const s = weightOf(timing, t);
    const w = versions[now];
    if (timing.method.name === 'fedasync') {
      const alpha = timing.method.mixing * s;
      versions.push(w.map((value, i) => (1 - alpha) * value + alpha * (given[i] + change[i])));
    } else {
      buffer.push(change.map((d) => s * d));
      const { bufferSize, serverLearningRate } = timing.method;
      if (buffer.length === bufferSize) {
        const sum = (i: number): number => buffer.reduce((all, d) => all + d[i], 0);
        versions.push(w.map((value, i) => value + (serverLearningRate / bufferSize) * sum(i)));
        buffer = [];
      }
    }
    next.version = versions.length - 1;
    next.done += next.takes;
    // Who hears that what it works on no longer counts begins with the newest.
    for (const one of work) {
      if (versions.length - 1 - one.version <= timing.maxStaleness) continue;
      dropped++;
      Object.assign(one, { version: versions.length - 1, done: next.done - next.takes + one.takes });
    }
  }
  return { versions, dropped };
}

const near = (actual: ArrayLike<number>, expected: number[], tolerance: number): void => {
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) < tolerance, `${actual[i]} where ${value} belongs`);
  });
};

const start = async (): Promise<number[]> => {
  const toy = await toyFederation({ parts: { model: federatedModel(toyModel().spec, 'none') } });
  const { weights } = toy.coordinator.snapshot();
  await toy.close();
  return [...weights];
};

const fedasync = (rest: Partial<AsyncTiming> = {}): AsyncTiming => ({
  mode: 'async',
  method: { name: 'fedasync', mixing: 0.6 },
  maxStaleness: 50,
  saveMs: 0,
  ...rest,
});

describe('federations without rounds, of fast and slow clients', () => {
  const cases: [string, AsyncTiming][] = [
    ['FedAsync, constant', fedasync({ staleness: { name: 'constant' } })],
    ['FedAsync, polynomial', fedasync({ staleness: { name: 'polynomial', a: 0.5 } })],
    ['FedAsync, hinge', fedasync({ staleness: { name: 'hinge', a: 10, b: 4 } })],
    ['FedAsync, nothing older than three versions', fedasync({ maxStaleness: 3 })],
    ['FedBuff', fedasync({ method: { name: 'fedbuff', bufferSize: 3, serverLearningRate: 1.3 } })],
    ['FedBuff with a buffer of one', fedasync({ method: { name: 'fedbuff', bufferSize: 1, serverLearningRate: 0.5 } })],
  ];
  for (const [name, timing] of cases) {
    it(`${name}: the versions of the simulation`, async () => {
      const toy = await federation(timing, 1500);
      const { versions, dropped } = simulated(timing, await start(), 1500);
      const { round, weights } = toy.coordinator.snapshot();
      assert.equal(round, versions.length);
      assert.ok(round > 40);
      near(weights, versions[round - 1], 1e-4);
      const givenUp = toy.sent.filter(({ fl }) => fl.kind === 'decline').length;
      assert.equal(givenUp, dropped);
      toy.metrics.forEach((record, i) => {
        assert.equal(record.round, i + 1);
        const moved = Math.hypot(...versions[i + 1].map((w, j) => w - versions[i][j]));
        assert.ok(Math.abs(record.updateNorm - moved) < 1e-4);
      });
      await toy.close();
    });
  }

  it('FedAsync with the old update taken as it is would be another model: the one that was given is remembered', () => {
    // What must not come out: w + a s d, as if d had been made from the present model.
    const timing = fedasync();
    const { versions } = simulated(timing, [0, 0, 0], 300);
    let w = [0, 0, 0];
    const work = members.map((member) => ({ ...member, given: w, version: 0, done: member.takes }));
    for (let version = 0; ; ) {
      const next = work.reduce((a, b) => (b.done < a.done ? b : a));
      if (next.done > 300) break;
      const alpha = 0.6 * weightOf(timing, version - next.version);
      w = w.map((value, i) => value + alpha * STEP * (next.minimum[i] - next.given[i]));
      version++;
      Object.assign(next, { given: w, version, done: next.done + next.takes });
    }
    const last = versions[versions.length - 1];
    assert.ok(Math.hypot(...w.map((value, i) => value - last[i])) > 0.05);
  });

  it('does not wait for the slow: many versions in the time of one round', async () => {
    const toy = await federation(fedasync(), 102);
    assert.equal(toy.coordinator.snapshot().round, 1 + 10 + 2 + 1);
    await toy.close();
  });

  it('writes no more often than it may, gives out only what is written, and goes on from there after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-async-'));
    try {
      const store = createStore(folder);
      const written: number[] = [];
      let writing = 0;
      const counting = {
        read: (name: string) => store.read(name),
        write: async (name: string, record: StateRecord) => {
          writing++;
          await store.write(name, record);
          writing--;
          const json = record.json as { kept?: { round: number } };
          if (json.kept) written.push(json.kept.round);
        },
      };
      const out: number[] = [];
      const timing = fedasync({ saveMs: 50 });
      const parts = { store: counting };
      const toy = await toyFederation({
        options: { rounds: 0, minClients: 3, quorum: 1, deadlineMs: 1e6, timing },
        parts: { model: federatedModel(toyModel().spec, 'none'), ...parts },
      });
      for (const member of members) toy.add(member.name, { learner: learner(member, toy.clock) }).samplesChanged();
      for (let i = 0; i < 120; i++) {
        do await quiet();
        while (writing > 0);
        await quiet();
        for (const { fl } of toy.sent.splice(0)) {
          if (fl.kind !== 'model') continue;
          out.push(fl.round);
          assert.ok(fl.round === 1 || written.includes(fl.round), `${fl.round} went out, ${written} are written`);
        }
        toy.clock.advance(5);
      }
      // 600 ms at most once in 50.
      assert.ok(written.length > 3 && written.length <= 13, `${written}`);
      assert.ok(out.length >= written.length);
      await toy.close();
      const last = toy.coordinator.snapshot();
      const again = await toyFederation({
        options: { timing },
        parts: { model: federatedModel(toyModel().spec, 'none'), ...parts },
      });
      assert.equal(again.coordinator.snapshot().round, last.round);
      assert.deepEqual(again.coordinator.snapshot().weights, last.weights);
      await again.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
