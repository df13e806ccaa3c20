/** Whatever happens in whatever order, the round keeps its promises. An own book of every asking is the second opinion. */
import assert from 'node:assert/strict';
import { attemptOf } from '../../../lib/federation/admission';
import type { FederationOptions } from '../../../lib/federation/options';
import type { Command, RoundEvent, TimerName } from '../../../lib/federation/round-state';
import type { SamplerOptions } from '../../../lib/federation/samplers/sampler';
import { type Generator, generator } from '../../../lib/random/generator';
import { type Driver, drive, find } from './round-driver';

const pick = <T>(items: readonly T[], random: Generator): T => items[random.below(items.length)];
const clients = ['a', 'b', 'c', 'd', 'e', 'f'];
const commands: Command[] = ['start', 'start', 'start', 'start', 'start', 'pause', 'step', 'stop', 'reset'];
const timers: TimerName[] = ['deadline', 'pause', 'call', 'grace', 'announce'];

function someOptions(random: Generator): Partial<FederationOptions> {
  const samplers: SamplerOptions[] = [
    { name: 'all' },
    { name: 'random', count: 1 + random.below(4) },
    { name: 'random', fraction: 0.5, minimum: 1 + random.below(3) },
    { name: 'round-robin', count: 1 + random.below(4) },
  ];
  const sampler = pick(samplers, random);
  const minClients = 1 + random.below(4);
  const smallest =
    'count' in sampler
      ? sampler.count
      : 'fraction' in sampler
        ? Math.max(sampler.minimum, Math.floor(minClients / 2))
        : 9;
  return {
    minClients,
    sampler,
    quorum: 1 + random.below(Math.min(minClients, smallest)),
    rounds: pick([0, 0, 2, 9], random),
    pauseMs: pick([0, 100, 60_000], random),
    autoStart: random.below(3) > 0,
    missesUntilAway: 1 + random.below(3),
    maxClients: 4 + random.below(3),
    training: { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 0.1, seed: random.below(1000) },
  };
}

function someEvent({ state }: Driver, random: Generator): RoundEvent {
  const client = pick(clients, random);
  const right = random.below(8) > 0;
  const answer = {
    client,
    round: right ? state.round : state.round + random.below(3) - 1,
    attempt: right ? attemptOf(state) : pick(['life.1', 'life.2', 'next.1', ''], random),
  };
  switch (random.below(16)) {
    case 0:
    case 1:
      return { type: 'join', client, samples: random.below(100) };
    case 2:
      return { type: 'command', command: pick(commands, random) };
    case 3:
      return { type: 'timer', timer: pick(timers, random) };
    case 4:
      return { type: 'decline', ...answer };
    case 5:
      return { type: 'failed', code: 'not-finite', ...answer };
    case 6:
      return { type: 'refused', code: pick(['header', 'payload-size'], random) };
    case 7:
      return random.below(4) > 0 ? { type: 'saved' } : { type: 'unsaved', reason: 'No room.' };
    case 8:
      return { type: 'statistics', ...answer };
    default:
      if (state.phase === 'statistics' && random.below(8) > 0) return { type: 'statistics', ...answer };
      return { type: 'update', claim: pick(['', '', '', 'central', 'local', 'x'], random), ...answer };
  }
}

/** One asking, as seen from outside. */
interface Book {
  cohort: Set<string>;
  taken: Map<string, string>;
}

function run(seed: number, events: number): number {
  const random = generator(seed, 'round');
  const options = someOptions(random);
  const statistics = random.below(2) === 0;
  const driver = drive(options, statistics);
  const quorum = options.quorum ?? 0;
  const where = (event: RoundEvent): string => `seed ${seed}, after ${JSON.stringify(event)}`;
  let book: Book = { cohort: new Set(), taken: new Map() };
  let round = driver.state.round;
  let attempts = new Set<string>();
  let closed = 0;
  driver.event({ type: 'opened', run: 'life' });
  for (let i = 0; i < events; i++) {
    const before = driver.state;
    const event = someEvent(driver, random);
    // A timer that is not armed cannot ring.
    if (event.type === 'timer' && !driver.timers.has(event.timer)) continue;
    const effects = driver.event(event);
    const { state } = driver;
    const published = effects.flatMap((effect) =>
      effect.type === 'publish' && effect.cohort.length > 0 ? [effect] : [],
    );
    const ask = find(effects, 'ask-statistics') ?? published[0];
    const close = find(effects, 'close') ?? find(effects, 'close-statistics');
    const refuse = find(effects, 'refuse');

    // An accepted answer: of the cohort, once, to this very asking.
    const isAnswer = event.type === 'update' || event.type === 'statistics' || event.type === 'decline';
    if (isAnswer && !refuse) {
      assert.ok(book.cohort.has(event.client) && !book.taken.has(event.client), where(event));
      assert.equal(event.round, before.round, where(event));
      assert.equal(event.attempt, attemptOf(before), where(event));
      book.taken.set(
        event.client,
        event.type === 'decline' ? 'declined' : `claim ${event.type === 'update' ? event.claim : ''}`,
      );
    }
    if (close) {
      closed++;
      const claim = close.type === 'close' ? close.claim : '';
      const alike = [...book.taken.values()].filter((what) => what === `claim ${claim}`).length;
      assert.equal(close.counts.updates, alike, where(event));
      assert.ok(alike >= quorum && alike <= book.cohort.size, where(event));
      for (const other of new Set(book.taken.values())) {
        if (other === 'declined') continue;
        const size = [...book.taken.values()].filter((what) => what === other).length;
        assert.ok(size <= alike, `${where(event)}: a larger group was left out`);
      }
      assert.equal(close.counts.declined, [...book.taken.values()].filter((what) => what === 'declined').length);
    }
    assert.ok(published.length <= 1, where(event));
    if (ask) {
      assert.ok(!attempts.has(ask.attempt), `${where(event)}: ${ask.attempt} twice`);
      attempts.add(ask.attempt);
      assert.ok(ask.cohort.length >= quorum, where(event));
      assert.ok(state.running, where(event));
      book = { cohort: new Set(ask.cohort), taken: new Map() };
    }
    // The round: one on by 'saved', back by 'reset', else where it was.
    const isReset = event.type === 'command' && event.command === 'reset';
    if (isReset) round = statistics ? 0 : 1;
    else if (event.type === 'saved' && before.phase === 'saving') round++;
    assert.equal(state.round, round, where(event));

    assert.ok(state.updates + state.declined + state.failed <= state.cohort, where(event));
    assert.ok(state.clients.size <= (options.maxClients ?? 0), where(event));
    assert.ok(state.away >= 0 && state.away <= state.clients.size && state.silent >= 0, where(event));
    // Never stuck: something that will happen carries it on, and nothing does when it stands.
    const armed = [...driver.timers.keys()].sort().join();
    const expected = {
      idle: ['', 'announce'],
      finished: ['', 'announce'],
      saving: [''],
      gathering: ['call', 'grace', 'call,grace'],
      statistics: ['deadline'],
      collecting: ['deadline'],
      waiting: ['pause'],
    }[state.phase];
    assert.ok(expected.includes(armed), `${where(event)}: ${state.phase} with timers "${armed}"`);
    if (state.phase === 'idle' || state.phase === 'finished') assert.ok(!state.running, where(event));
    if (state.phase === 'gathering' || state.phase === 'waiting') assert.ok(state.running, where(event));
    assert.ok(options.rounds === 0 || round <= (options.rounds ?? 0) + 1, where(event));

    if (random.below(200) === 0) {
      // A restart, of which only JSON is left.
      const again = driver.state;
      driver.timers.clear();
      const life = `life${i}`;
      attempts = new Set();
      driver.event({ type: 'opened', run: life });
      assert.equal(driver.state.round, again.round);
      book = { cohort: new Set(driver.cohort), taken: new Map() };
    }
  }
  return closed;
}

describe('the round, whatever happens', () => {
  it('keeps its promises over random events', () => {
    let closed = 0;
    for (let seed = 1; seed <= 60; seed++) closed += run(seed, 500);
    // Not by never getting anywhere.
    assert.ok(closed > 200, `only ${closed} rounds closed`);
  });
});
