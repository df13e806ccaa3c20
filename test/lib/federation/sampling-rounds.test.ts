/** Samplers inside rounds: what they learn of clients, what a draw under the quorum is, and what the mean makes of it. */
import assert from 'node:assert/strict';
import { defaultOptions, federatedModel } from '../../../lib/federation';
import { keptRound, restoredState } from '../../../lib/federation/checkpoint';
import type { ClientFacts, ModelHeader } from '../../../lib/update/message';
import { drive, find } from './round-driver';
import { type Toy, toyFederation, toyModel } from './toy';

/** The model message that asks somebody, if there is one. */
async function modelOf(toy: Toy): Promise<ModelHeader | undefined> {
  await toy.settle();
  const found = toy.sent.find(({ fl }) => fl.kind === 'model' && fl.cohort.length > 0)?.fl;
  return found?.kind === 'model' ? found : undefined;
}

describe('rounds with samplers that go by facts', () => {
  it('asks those whose last update told the greatest loss, also after a restart', () => {
    const sampler = { name: 'power-of-choice', count: 1, candidates: 3 } as const;
    const driver = drive({ minClients: 3, quorum: 1, rounds: 0, sampler });
    driver.event({ type: 'opened', run: 'life' });
    driver.join('a', 'b', 'c');
    const losses: Record<string, number> = { a: 1, b: 3, c: 2 };
    const asked: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const [client] = driver.cohort;
      asked.push(client);
      const attempt = `life.${round}`;
      driver.event({ type: 'update', client, round, attempt, claim: '', loss: losses[client] });
      losses[client] = losses[client] / 10;
      driver.event({ type: 'saved' });
    }
    // Each once, since none had told a loss; then b.
    assert.deepEqual([...asked.slice(0, 3)].sort(), ['a', 'b', 'c']);
    assert.equal(asked[3], 'b');
    const kept = JSON.parse(JSON.stringify(keptRound(driver.state)));
    const again = drive({ minClients: 3, quorum: 1, rounds: 0, sampler }, false, restoredState(kept, false));
    again.event({ type: 'opened', run: 'next' });
    again.join('a', 'b', 'c');
    assert.deepEqual(again.cohort, ['c']);
  });

  it('goes by the loss of the model as it came, which it asks of the clients, and not by that of their training', async () => {
    const ask = { name: 'power-of-choice', count: 1, candidates: 3 } as const;
    const startLoss: Record<string, number> = { a: 1, b: 3, c: 2 };
    const toy = await toyFederation({
      clients: ['a', 'b', 'c'],
      options: { minClients: 3, quorum: 1, rounds: 4, sampler: ask },
      up({ fl, ...rest }, deliver) {
        if (fl.kind !== 'update') return { fl, ...rest };
        assert.ok(Number.isFinite(fl.metrics?.startLoss), 'nobody has told how the model did that came');
        const metrics = { ...fl.metrics, startLoss: startLoss[fl.client], loss: 10 - startLoss[fl.client] };
        deliver({ fl: { ...fl, metrics }, ...rest });
        return undefined;
      },
    });
    await toy.settle();
    const asked = toy.sent.flatMap(({ fl }) => (fl.kind === 'model' && fl.cohort.length > 0 ? [fl] : []));
    const cohorts = asked.map(({ cohort }) => String(cohort));
    assert.deepEqual(cohorts.slice(0, 3).sort(), ['a', 'b', 'c']);
    assert.equal(cohorts[3], 'b');
    assert.deepEqual(toy.refused, []);
    await toy.close();
  });

  it('asks nobody whose battery is low, and goes on when it joins charged', () => {
    const sampler = { name: 'availability', count: 2, minBattery: 30 } as const;
    const driver = drive({ minClients: 2, quorum: 2, rounds: 0, sampler });
    const join = (client: string, facts?: ClientFacts) =>
      driver.event({ type: 'join', client, samples: 10, ...(facts ? { facts } : {}) });
    driver.event({ type: 'opened', run: 'life' });
    join('a');
    join('b', { battery: 10 });
    assert.equal(driver.state.phase, 'gathering');
    assert.deepEqual(find(join('b', { battery: 10, charging: true }), 'publish')?.cohort, ['a', 'b']);
    // Facts that are no longer told are no longer held against it.
    join('b', { battery: 5 });
    join('b');
    for (const client of ['a', 'b']) driver.answer('update', client);
    assert.deepEqual(find(driver.event({ type: 'saved' }), 'publish')?.cohort, ['a', 'b']);
  });

  it('poisson: a draw under the quorum is void, and another draw follows', () => {
    const sampler = { name: 'poisson', probability: 0.5 } as const;
    const driver = drive({
      minClients: 3,
      quorum: 3,
      rounds: 0,
      sampler,
      training: { ...defaultOptions.training, seed: 2 },
    });
    driver.event({ type: 'opened', run: 'life' });
    let effects = driver.join('a', 'b', 'c');
    let voids = 0;
    while (!find(effects, 'publish')) {
      assert.match(find(effects, 'void')?.reason ?? '', /fewer than the quorum of 3/);
      assert.equal(find(effects, 'void')?.counts.updates, 0);
      assert.equal(driver.state.phase, 'waiting');
      voids++;
      effects = driver.timer('pause');
    }
    assert.ok(voids > 0);
    assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
    assert.equal(driver.state.round, 1);
  });

  it('gives equal weights where the sampler has weighed the clients already', async () => {
    const means: number[] = [];
    for (const sampler of [{ name: 'all' }, { name: 'weighted', count: 2 }] as const) {
      const toy = await toyFederation({
        options: { rounds: 1, minClients: 2, quorum: 2, sampler },
        parts: { model: federatedModel(toyModel().spec, 'none') },
      });
      toy.coordinator.receive({ fl: join('a', 1), payload: Buffer.alloc(0) });
      toy.coordinator.receive({ fl: join('b', 3), payload: Buffer.alloc(0) });
      await toy.settle();
      const before = toy.coordinator.snapshot().weights[0];
      const model = toy.sent.find(({ fl }) => fl.kind === 'model')?.fl;
      assert.ok(model?.kind === 'model');
      for (const [client, samples, value] of [
        ['a', 1, 1],
        ['b', 3, 2],
      ] as const) {
        toy.coordinator.receive({
          fl: {
            ...join(client, samples),
            kind: 'update',
            round: 1,
            attempt: model.attempt,
            codecs: [],
            tensors: model.tensors,
            expected: 2,
            deadlineMs: 1000,
          },
          payload: Buffer.from(Float32Array.of(value, 0, 0).buffer),
        });
      }
      await toy.settle();
      means.push(toy.coordinator.snapshot().weights[0] - before);
      assert.equal(toy.metrics[0].samples, 4);
      await toy.close();

      function join(client: string, samples: number) {
        const { fingerprint } = toy.coordinator.snapshot();
        return { kind: 'join' as const, federation: 'toy', model: fingerprint, round: 0, client, samples };
      }
    }
    // (1 * 1 + 3 * 2) / 4, and (1 + 2) / 2.
    assert.ok(Math.abs(means[0] - 1.75) < 1e-6 && Math.abs(means[1] - 1.5) < 1e-6, `${means}`);
  });

  it('poisson under central privacy: the sum is over the expected number, whoever was drawn', async () => {
    const toy = await toyFederation({
      options: { rounds: 1, minClients: 4, quorum: 1, sampler: { name: 'poisson', probability: 0.5 } },
      parts: { model: federatedModel(toyModel().spec, 'none'), normal: () => 0 },
    });
    const { fingerprint, weights } = toy.coordinator.snapshot();
    const base = { federation: 'toy', model: fingerprint };
    for (const client of ['a', 'b', 'c', 'd']) {
      toy.coordinator.receive({ fl: { kind: 'join', ...base, round: 0, client, samples: 5 } });
    }
    let asked = await modelOf(toy);
    for (let tries = 0; !asked && tries < 20; tries++) {
      toy.clock.advance(60_000);
      asked = await modelOf(toy);
    }
    assert.ok(asked && asked.cohort !== 'all');
    const privacy = { mode: 'central', clippingNorm: 10, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 } as const;
    for (const client of asked.cohort) {
      const { round, attempt, tensors } = asked;
      const fl = { kind: 'update', ...base, round, attempt, client, samples: 5, codecs: [], tensors } as const;
      toy.coordinator.receive({
        fl: { ...fl, expected: 4, deadlineMs: 1000, privacy },
        payload: Buffer.from(Float32Array.of(3, 0, 0).buffer),
      });
    }
    await toy.settle();
    // 0.5 of 4 on average, however many there were.
    const moved = toy.coordinator.snapshot().weights[0] - weights[0];
    assert.ok(Math.abs(moved - (3 * asked.cohort.length) / 2) < 1e-6, `${moved} by ${asked.cohort.length}`);
    assert.notEqual(asked.cohort.length, 2);
    await toy.close();
  });

  it('a participant joins anew when its facts change, and declines when it is not willing', async () => {
    let facts: ClientFacts | undefined = { battery: 50 };
    const toy = await toyFederation({ clients: ['a', 'b'], options: { rounds: 2, minClients: 3, quorum: 2 } });
    const c = toy.add('c', { facts: () => facts });
    c.factsChanged();
    facts = { battery: 40, willing: false };
    c.factsChanged();
    await toy.settle();
    for (const client of ['a', 'b']) toy.participants.get(client)?.samplesChanged();
    await toy.settle();
    assert.equal(toy.coordinator.snapshot().phase, 'finished');
    const joins = toy.sent.flatMap(({ fl }) => (fl.kind === 'join' && fl.client === 'c' ? [fl.facts] : []));
    assert.deepEqual(joins.slice(0, 2), [{ battery: 50 }, { battery: 40, willing: false }]);
    const declined = toy.sent.find(({ fl }) => fl.kind === 'decline')?.fl;
    assert.ok(declined?.kind === 'decline' && declined.client === 'c' && /not willing/.test(declined.reason));
    await toy.close();
  });
});
