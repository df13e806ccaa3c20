/** Rounds that ask more than they need, and rounds that take late answers. */
import assert from 'node:assert/strict';
import { federatedModel } from '../../../lib/federation';
import type { TimingOptions } from '../../../lib/federation/timing/options';
import type { ModelHeader, PrivacyClaim, UpdateHeader } from '../../../lib/update/message';
import { type Driver, drive, find } from './round-driver';
import { type Toy, toyFederation, toyLearner, toyModel } from './toy';

const names = ['a', 'b', 'c', 'd', 'e'];

function asked(wish: Parameters<typeof drive>[0]): Driver {
  const driver = drive({ minClients: 5, quorum: 2, rounds: 0, ...wish });
  driver.event({ type: 'opened', run: 'life' });
  driver.join(...names);
  return driver;
}

const update = (client: string, round: number, asking = round, claim = '') =>
  ({ type: 'update', client, round, attempt: `life.${asking}`, claim }) as const;

describe('over-selection', () => {
  const timing: TimingOptions = { mode: 'rounds', overSelect: 0.5 };

  it('asks half as many more than it needs, and closes with the first that answer', () => {
    const driver = asked({ sampler: { name: 'random', count: 2 }, timing });
    assert.equal(driver.cohort.length, 3);
    const [first, second, third] = driver.cohort;
    driver.answer('update', second);
    const closing = driver.answer('update', third);
    assert.equal(find(closing, 'close')?.counts.updates, 2);
    assert.equal(find(closing, 'close')?.counts.cohort, 3);
    driver.event({ type: 'saved' });
    // The third comes late: counted, but neither an error nor a miss.
    const late = driver.event(update(first, 1));
    assert.deepEqual(late, []);
    assert.equal(driver.state.late, 1);
    driver.event({ type: 'timer', timer: 'deadline' });
    assert.equal(driver.state.away, 0);
  });

  it('holds nothing against those whom it did not wait for, and waits no longer than the deadline', () => {
    const driver = asked({ sampler: { name: 'round-robin', count: 2 }, timing, missesUntilAway: 1 });
    const early = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const [first, second, third] = driver.cohort;
      early.add(third);
      driver.answer('update', first);
      driver.answer('update', second);
      driver.event({ type: 'saved' });
    }
    assert.ok(early.size > 1);
    assert.equal(driver.state.away, 0);
    // At the deadline silence counts as ever.
    const silent = driver.cohort;
    driver.timer('deadline');
    assert.equal(driver.state.away, silent.length);
  });

  it('goes on waiting when those who answered cannot be averaged', () => {
    const driver = asked({ sampler: { name: 'random', count: 2 }, timing });
    const [first, second, third] = driver.cohort;
    driver.answer('update', first, 'noisy');
    assert.equal(find(driver.answer('update', second), 'close'), undefined);
    const close = find(driver.answer('update', third), 'close');
    assert.deepEqual([close?.claim, close?.counts.updates], ['', 2]);
  });
});

describe('late answers', () => {
  const timing: TimingOptions = { mode: 'rounds', late: { maxStaleness: 2 } };

  /** Round 1 closed at its deadline without d and e. */
  function withStragglers(wish = {}): Driver {
    const driver = asked({ timing, ...wish });
    for (const client of ['a', 'b', 'c']) driver.answer('update', client);
    driver.timer('deadline');
    driver.event({ type: 'saved' });
    return driver;
  }

  it('count in the round under way, once, and not longer than the staleness allows', () => {
    const driver = withStragglers();
    assert.equal(driver.state.round, 2);
    // Who is still at work is not asked anew.
    assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
    assert.deepEqual(driver.event(update('d', 1)), []);
    assert.equal(driver.state.bought, 1);
    assert.equal(find(driver.event(update('d', 1)), 'refuse')?.code, 'duplicate');
    assert.equal(find(driver.event(update('a', 1)), 'refuse')?.code, 'late');
    assert.equal(find(driver.event({ ...update('e', 1), attempt: 'other.1' }), 'refuse')?.code, 'late');
    for (const client of ['a', 'b', 'c']) driver.answer('update', client);
    const close = driver.effects.filter((effect) => effect.type === 'close').at(-1);
    assert.deepEqual(
      close?.type === 'close' && [close.counts.updates, close.counts.stale, close.counts.cohort],
      [4, 1, 3],
    );
    driver.event({ type: 'saved' });
    assert.deepEqual(driver.cohort, ['a', 'b', 'c', 'd']);
    for (const client of driver.cohort) driver.answer('update', client);
    driver.event({ type: 'saved' });
    // Round 4: e is three rounds behind.
    assert.equal(find(driver.event(update('e', 1)), 'refuse')?.code, 'late');
    assert.deepEqual(driver.cohort, names);
  });

  it('between two rounds count in the next, for which the client is not asked', () => {
    const driver = asked({ timing, pauseMs: 60_000 });
    for (const client of ['a', 'b', 'c']) driver.answer('update', client);
    driver.timer('deadline');
    assert.equal(driver.state.phase, 'saving');
    driver.event(update('d', 1));
    driver.event({ type: 'saved' });
    driver.event(update('e', 1));
    assert.equal(driver.state.phase, 'waiting');
    assert.equal(driver.state.bought, 2);
    driver.timer('pause');
    assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
    for (const client of driver.cohort) driver.answer('update', client);
    const close = driver.effects.filter((effect) => effect.type === 'close').at(-1);
    assert.deepEqual(close?.type === 'close' && [close.counts.updates, close.counts.stale], [5, 2]);
    driver.event({ type: 'saved' });
    driver.timer('pause');
    assert.deepEqual(driver.cohort, names);
  });

  it('are lost with a round that cannot be written or is void, and the client is asked again', () => {
    const driver = asked({ timing });
    for (const client of ['a', 'b', 'c']) driver.answer('update', client);
    driver.timer('deadline');
    driver.event(update('d', 1));
    const effects = driver.event({ type: 'unsaved', reason: 'No room.' });
    assert.ok(find(effects, 'clear'));
    assert.equal(driver.state.bought, 0);
    driver.timer('pause');
    assert.equal(driver.state.round, 1);
    assert.deepEqual(driver.cohort, names);
  });

  it('those at work are asked anew when too few others are there', () => {
    const driver = withStragglers({ quorum: 3, missesUntilAway: 9 });
    for (const client of ['a', 'b']) driver.answer('update', client);
    driver.timer('deadline');
    driver.timer('pause');
    // Void, so it is round 2 again: c, d and e have not answered, and 3 are needed.
    assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
    for (const client of ['a', 'b', 'c']) driver.answer('update', client);
    driver.event({ type: 'saved' });
    assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
  });

  it('of a life before are refused', () => {
    const driver = withStragglers();
    driver.event({ type: 'opened', run: 'next' });
    assert.equal(find(driver.event(update('d', 1)), 'refuse')?.code, 'late');
  });
});

/** Three clients of which c is slow: its updates are handed over by hand. */
async function slowly(timing: TimingOptions): Promise<{ toy: Toy; held: { fl: UpdateHeader; payload: Buffer }[] }> {
  const held: { fl: UpdateHeader; payload: Buffer }[] = [];
  const toy = await toyFederation({
    clients: ['a', 'b', 'c'],
    options: { rounds: 0, minClients: 3, quorum: 2, deadlineMs: 1000, pauseMs: 5000, timing },
    parts: { model: federatedModel(toyModel().spec, { mean: [0, 100], std: [3, 10] }) },
    up(message) {
      const { fl, payload } = message;
      if (fl.kind !== 'update' || fl.client !== 'c') return message;
      held.push({ fl, payload });
      return undefined;
    },
  });
  await toy.settle();
  return { toy, held };
}

describe('late answers in a federation', () => {
  it('count less the older they are', async () => {
    const staleness = { name: 'polynomial', a: 1 } as const;
    const { toy, held } = await slowly({ mode: 'rounds', late: { maxStaleness: 3, staleness } });
    for (const ms of [1000, 5000]) {
      toy.clock.advance(ms);
      await toy.settle();
    }
    assert.equal(toy.coordinator.snapshot().round, 3);
    const before = toy.coordinator.snapshot().weights;
    const [late] = held;
    assert.equal(late.fl.round, 1);
    toy.coordinator.receive(late);
    toy.clock.advance(5000);
    await toy.settle();
    const present = toy.sent.flatMap(({ fl, payload }) =>
      fl.kind === 'update' && fl.round === 3 && fl.client !== 'c' ? [payload] : [],
    );
    assert.equal(present.length, 2);
    const after = toy.coordinator.snapshot().weights;
    // All have 20 samples; two rounds behind counts 1 / 3.
    const s = 1 / 3;
    after.forEach((value, i) => {
      const sum =
        present.reduce((all, bytes) => all + bytes.readFloatLE(4 * i), 0) + s * late.payload.readFloatLE(4 * i);
      const expected = before[i] + sum / (2 + s);
      assert.ok(Math.abs(value - expected) < 1e-6 * Math.max(1, Math.abs(expected)), `${value}, not ${expected}`);
    });
    assert.equal(toy.metrics.at(-1)?.updates, 3);
    assert.equal(toy.metrics.at(-1)?.stale, 1);
    await toy.close();
  });

  it('are not taken under central privacy', async () => {
    const { toy, held } = await slowly({ mode: 'rounds', late: { maxStaleness: 3 } });
    toy.clock.advance(1000);
    await toy.settle();
    toy.clock.advance(5000);
    await toy.settle();
    const privacy: PrivacyClaim = { mode: 'central', clippingNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 };
    toy.refused.length = 0;
    toy.coordinator.receive({ fl: { ...held[0].fl, privacy }, payload: held[0].payload });
    assert.deepEqual(
      toy.refused.map(({ code }) => code),
      ['privacy-late'],
    );
    await toy.close();
  });

  it('a client that is not asked meanwhile goes on with what it was asked, and else gives it up', async () => {
    for (const [maxStaleness, aborts] of [
      [2, [false, false, true]],
      [undefined, [true, true, true]],
    ] as const) {
      const signals: AbortSignal[] = [];
      const toy = await toyFederation({ options: { rounds: 1, minClients: 1, quorum: 1 } });
      const model = federatedModel(toyModel().spec, 'none');
      const participant = toy.add('c', {
        model,
        learner: {
          ...toyLearner('c'),
          count: 20,
          statistics: () => new Float64Array(),
          learn: async (_, { signal }) => {
            signals.push(signal);
            return new Promise(() => {});
          },
        },
      });
      const header = (round: number, cohort: string[]): ModelHeader => ({
        kind: 'model',
        federation: 'toy',
        model: model.fingerprint,
        round,
        attempt: `life.${round}`,
        cohort,
        deadlineMs: 1000,
        quorum: 1,
        training: { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
        tensors: [
          [2, 1],
          [1, 1],
        ],
        codecs: [],
        ...(maxStaleness === undefined ? {} : { maxStaleness }),
      });
      const payload = Buffer.alloc(12);
      participant.receive({ fl: header(1, ['c']), payload });
      const seen = [2, 3, 4].map((round) => {
        participant.receive({ fl: header(round, ['a']), payload });
        return signals[0].aborted;
      });
      assert.deepEqual(seen, [...aborts]);
      await toy.close();
    }
  });
});
