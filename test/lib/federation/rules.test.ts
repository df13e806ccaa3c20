/** Rules in a whole federation: what liars can do under the mean and cannot under a rule, and what does not go together. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { federationOptions } from '../../../lib/federation';
import { expecting, withinLimit } from '../../../lib/federation/combining';
import type { FederationOptions } from '../../../lib/federation/options';
import { createRule } from '../../../lib/robust';
import { createStore } from '../../../lib/state/store';
import type { FederationHeader, Message } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { refused } from '../update/refused';
import { kernels, type ToyWish, toyFederation, toyLearner } from './toy';

const liars = ['y', 'z'];
const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', ...liars];

/** Liars send their update turned round and twenty times as long, and say that they have a thousand times the samples. */
function lying(message: Message<FederationHeader>): Message<FederationHeader> {
  const { fl, payload } = message;
  if (fl.kind !== 'update' || !liars.includes(fl.client)) return message;
  const vector = readVector(payload, payload.length / 4);
  return { fl: { ...fl, samples: 20_000 }, payload: vectorPayload(vector.map((x) => -20 * x)) };
}

const options: Partial<FederationOptions> = { rounds: 60, minClients: 11, quorum: 9 };

async function learn(wish: ToyWish) {
  const toy = await toyFederation({ clients: all, up: lying, ...wish, options: { ...options, ...wish.options } });
  await toy.settle();
  const { metrics, refused: complaints, coordinator } = toy;
  const { weights } = coordinator.snapshot();
  await toy.close();
  return { metrics, complaints, weights, loss: metrics.at(-1)?.updateNorm ?? Number.NaN };
}

/** Of y = 3 a - 2 b + 1 where b comes with mean 100 and deviation 10, which round 0 does not take away here. */
const distance = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((x, i) => x - b[i]));

describe('A rule in a federation', () => {
  it('learns among liars what is learned without them; the mean does not', async () => {
    const alone = await learn({ up: undefined });
    const mean = await learn({});
    assert.ok(distance(mean.weights, alone.weights) > 1, 'the mean is led away');
    for (const rule of [
      { name: 'median', f: 2 },
      { name: 'trimmed-mean', beta: 0.2, f: 2 },
      { name: 'multi-krum', f: 2 },
      { name: 'bulyan', f: 2 },
      { name: 'geometric-median' },
      { name: 'centered-clip' },
      { name: 'flame' },
    ] as const) {
      const { weights, metrics, complaints } = await learn({
        options: { rule, quorum: rule.name === 'bulyan' ? 11 : 10 },
      });
      assert.deepEqual(complaints, [], rule.name);
      assert.ok(
        distance(weights, alone.weights) < 0.5,
        `${rule.name}: ${distance(weights, alone.weights)}, the mean ${distance(mean.weights, alone.weights)}`,
      );
      assert.ok(metrics.every((one) => one.rule === rule.name));
      if (rule.name === 'multi-krum') {
        for (const { rejected = [] } of metrics.slice(0, 10)) {
          const out = rejected.map(({ client }) => client);
          assert.ok(
            liars.every((liar) => out.includes(liar)),
            `${rule.name} let a liar in: ${out}`,
          );
          assert.ok(rejected.every(({ reason, score }) => reason.endsWith('.') && Number.isFinite(score)));
        }
      }
    }
  });

  it('FLTrust learns from samples of the aggregator, which never leave it', async () => {
    const root = toyLearner('b');
    const alone = await learn({ up: undefined });
    const { weights, metrics, complaints } = await learn({
      options: { rule: { name: 'fltrust' }, rounds: 60 },
      parts: { root },
    });
    assert.deepEqual(complaints, []);
    assert.ok(distance(weights, alone.weights) < 0.5, `${distance(weights, alone.weights)}`);
    const rejections = metrics.flatMap(({ rejected = [] }) => rejected.map(({ client }) => client));
    const ofLiars = rejections.filter((client) => liars.includes(client)).length / liars.length;
    assert.ok(ofLiars > (1.5 * rejections.length) / all.length, `${ofLiars} of ${metrics.length} rounds`);
    const without = await learn({ options: { rule: { name: 'fltrust' }, rounds: 1 } });
    assert.match(without.complaints[0].message, /needs samples at the aggregator/);
    assert.match(without.metrics[0].void ?? '', /needs samples/);
  });

  it('holds with f liars of which some have been found at the door', async () => {
    const nan = (message: Message<FederationHeader>): Message<FederationHeader> => {
      const { fl, payload } = message;
      if (fl.kind !== 'update' || fl.client !== 'z') return lying(message);
      return { fl, payload: vectorPayload(new Float32Array(payload.length / 4).fill(Number.NaN)) };
    };
    // Median against 5 needs 11. With z refused 10 are left, of which 4 at most lie: against 4 it needs 9.
    const rule = { name: 'median', f: 5 } as const;
    refused('too-few-updates', () =>
      createRule(rule)?.combine({ vectors: Array(10).fill(new Float32Array(1)) }, kernels),
    );
    assert.deepEqual(expecting(rule, 1, 10), { name: 'median', f: 4 });
    assert.deepEqual(expecting(rule, 0, 10), rule);
    assert.deepEqual(expecting(rule, 3, 11), rule);
    assert.deepEqual(expecting({ name: 'trimmed-mean', beta: 0.2, f: 3 }, 3, 12), {
      name: 'trimmed-mean',
      beta: 0.2,
      f: 2,
    });
    assert.deepEqual(expecting({ name: 'norm-bound' }, 3, 12), { name: 'norm-bound' });
    const { metrics, complaints } = await learn({ up: nan, options: { rule: { name: 'median', f: 4 }, rounds: 3 } });
    assert.ok(complaints.every(({ code }) => code === 'not-finite'));
    assert.ok(metrics.every((one) => one.updates === 10 && one.void === undefined));
  });

  for (const rule of [{ name: 'centered-clip', tau: 0.5, iterations: 1 }, { name: 'foolsgold' }] as const) {
    it(`${rule.name} goes on after a restart from what it remembers of the rounds before`, async () => {
      const straight = await learn({ options: { rule, rounds: 6 } });
      const folder = mkdtempSync(join(tmpdir(), 'rule-'));
      const store = createStore(folder);
      const first = await learn({ options: { rule, rounds: 3 }, parts: { store } });
      assert.equal(first.metrics.length, 3);
      const second = await learn({ options: { rule, rounds: 6 }, parts: { store } });
      assert.equal(second.metrics.length, 3);
      assert.deepEqual(second.weights, straight.weights);
      const { rejected = [] } = straight.metrics[5];
      assert.deepEqual(second.metrics[2].rejected, rejected);
      rmSync(folder, { recursive: true });
    });
  }

  it('FoolsGold: most of all clients are one Sybil, and the model is learned all the same; a round that is void adds nothing to the sums', async () => {
    const honest = all.slice(0, 4);
    /** Each of the others says what the first of them says: the contrary. */
    let said: Buffer | undefined;
    const up = (message: Message<FederationHeader>): Message<FederationHeader> => {
      const { fl, payload } = message;
      if (fl.kind !== 'update' || honest.includes(fl.client)) return message;
      said ??= vectorPayload(readVector(payload, payload.length / 4).map((x) => -x));
      return { fl, payload: said };
    };
    const wish = { up, options: { rule: { name: 'foolsgold' }, rounds: 20 } } as const;
    const straight = await learn(wish);
    const alone = await learn({ clients: honest, up: undefined, options: { minClients: 4, quorum: 4, rounds: 20 } });
    const median = await learn({ ...wish, options: { ...wish.options, rule: { name: 'median' } } });
    const [ours, theirs] = [straight, median].map(({ weights }) => distance(weights, alone.weights));
    assert.ok(ours < theirs / 3, `${ours}, the median ${theirs}`);
    assert.deepEqual(straight.complaints, []);
    const last = straight.metrics[19].rejected?.map(({ client }) => client);
    assert.ok(all.slice(4).every((client) => last?.includes(client)));

    let writes = 0;
    const failing = {
      read: async () => undefined,
      write: async () => {
        writes++;
        if (writes % 4 === 0) throw new Error('The disk is full.');
      },
    };
    const shaken = await toyFederation({
      clients: all,
      ...{ up, options: { ...options, ...wish.options }, parts: { store: failing } },
    });
    while (shaken.coordinator.snapshot().phase !== 'finished') {
      await shaken.settle();
      shaken.clock.advance(60_000);
    }
    assert.ok(shaken.metrics.filter((one) => one.void !== undefined).length >= 3);
    assert.deepEqual(shaken.coordinator.snapshot().weights, straight.weights);
    await shaken.close();
  });

  it('forgets the sums of those who answered longest ago where there is no room, never of those of the round', () => {
    const sums = new Map(all.map((client) => [client, new Float32Array(10)]));
    assert.deepEqual([...withinLimit(sums, 2, 200).keys()], all.slice(-5));
    assert.deepEqual([...withinLimit(sums, 7, 200).keys()], all.slice(-7));
    assert.equal(withinLimit(sums, 2), sums);
    assert.equal(withinLimit(new Map(), 0).size, 0);
  });

  it('refuses what does not go together, with the reason', () => {
    const median = { name: 'median', f: 2 } as const;
    for (const [wish, reason] of [
      [{ strategy: { name: 'scaffold' }, rule: median }, /part what the clients and the aggregator/],
      [{ strategy: { name: 'feddyn' }, rule: median }, /part what the clients and the aggregator/],
      [{ strategy: { name: 'fednova' }, rule: median }, /more of the updates than their mean/],
      [{ strategy: { name: 'qfedavg' }, rule: median }, /more of the updates than their mean/],
      [{ strategy: { name: 'clustered' }, rule: median }, /more of the updates than their mean/],
      [{ strategy: { name: 'ifca', groups: 2 }, rule: { name: 'fltrust' } }, /knows one model/],
      [{ rule: { name: 'bulyan', f: 2 }, minClients: 11, quorum: 10 }, /Raise the quorum \(10\) to 11/],
      [{ rule: { name: 'krum', f: -1 } }, /Set f of the rule/],
      [{ rule: median, timing: { mode: 'rounds', late: { maxStaleness: 1 } } }, /"median" cannot do/],
      [{ quarantine: { rounds: 1 } }, /honest client/],
    ] as [Partial<FederationOptions>, RegExp][]) {
      refused('bad-setting', () => federationOptions({ minClients: 9, quorum: 9, ...wish }), reason);
    }
    for (const strategy of ['fedavg', 'fedprox', 'fedsgd', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'] as const) {
      federationOptions({ strategy: { name: strategy }, rule: median, minClients: 9, quorum: 9 });
    }
  });

  it('does not take an update in that states central privacy', async () => {
    const claim = (message: Message<FederationHeader>): Message<FederationHeader> => {
      if (message.fl.kind !== 'update') return message;
      const privacy = { mode: 'central', clippingNorm: 1, noiseMultiplier: 1, epsilon: 1, delta: 1e-5 } as const;
      return { ...message, fl: { ...message.fl, privacy } };
    };
    const { complaints, metrics } = await learn({ up: claim, options: { rule: { name: 'median', f: 2 }, rounds: 1 } });
    assert.ok(complaints.some(({ code }) => code === 'privacy-rule'));
    assert.match(metrics[0].void ?? '', /11 were refused/);
  });
});
