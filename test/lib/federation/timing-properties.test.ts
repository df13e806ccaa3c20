/** Whatever comes in whatever order: an answer to an asking counts once, ever, and never one that is too old. */
import assert from 'node:assert/strict';
import type { FederationOptions } from '../../../lib/federation/options';
import type { RoundEvent } from '../../../lib/federation/round-state';
import { entries } from '../../../lib/federation/table';
import type { TimingOptions } from '../../../lib/federation/timing/options';
import { type Generator, generator } from '../../../lib/random/generator';
import { type Driver, drive } from './round-driver';

const clients = ['a', 'b', 'c', 'd', 'e'];
const pick = <T>(items: readonly T[], random: Generator): T => items[random.below(items.length)];

interface Asked {
  client: string;
  round: number;
  attempt: string;
}

function someTiming(random: Generator): TimingOptions {
  const maxStaleness = random.below(4);
  switch (random.below(4)) {
    case 0:
      return { mode: 'rounds', overSelect: 0.5, late: { maxStaleness } };
    case 1:
      return { mode: 'rounds', late: { maxStaleness } };
    case 2:
      return { mode: 'async', method: { name: 'fedasync', mixing: 1 }, maxStaleness, concurrency: random.below(4) };
    default:
      return {
        mode: 'async',
        method: { name: 'fedbuff', bufferSize: 1 + random.below(4), serverLearningRate: 1 },
        maxStaleness,
      };
  }
}

function someEvent({ state, timers }: Driver, asked: Asked[], random: Generator): RoundEvent | undefined {
  const client = pick(clients, random);
  switch (random.below(16)) {
    case 0:
      return { type: 'join', client, samples: 5 };
    case 1: {
      const timer = timers.size > 0 ? pick([...timers.keys()], random) : undefined;
      return timer && { type: 'timer', timer };
    }
    case 2:
      return random.below(3) > 0 ? { type: 'saved' } : { type: 'unsaved', reason: 'No room.' };
    case 3:
      return random.below(6) > 0
        ? undefined
        : { type: 'command', command: pick(['start', 'start', 'pause', 'stop', 'reset'] as const, random) };
    case 4:
      return { type: 'kept', round: state.round };
    default: {
      if (asked.length === 0) return undefined;
      // Mostly of late, sometimes any that ever was, sometimes with one thing wrong.
      const from = random.below(4) > 0 ? asked[Math.max(0, asked.length - 1 - random.below(8))] : pick(asked, random);
      const answer = { ...from };
      if (random.below(10) === 0) answer.client = client;
      if (random.below(10) === 0) answer.round += random.below(5) - 2;
      if (random.below(10) === 0) answer.attempt = pick(asked, random).attempt;
      if (random.below(8) === 0) return { type: 'decline', ...answer };
      return { type: 'update', claim: '', ...answer };
    }
  }
}

function run(seed: number, events: number): number {
  const random = generator(seed, 'timing');
  const timing = someTiming(random);
  const isAsync = timing.mode === 'async';
  const options: Partial<FederationOptions> = {
    minClients: 1 + random.below(3),
    quorum: 1,
    rounds: pick([0, 0, 5], random),
    pauseMs: pick([0, 0, 100], random),
    missesUntilAway: 1 + random.below(3),
    timing,
    sampler: isAsync ? { name: 'all' } : { name: 'random', count: 1 + random.below(3) },
  };
  const reach = timing.mode === 'async' ? timing.maxStaleness : (timing.late?.maxStaleness ?? 0);
  const driver = drive(options);
  const asked: Asked[] = [];
  const counted = new Set<string>();
  let taken = 0;
  let resets = 0;
  const where = (event: RoundEvent): string =>
    `seed ${seed} (${JSON.stringify(timing)}), after ${JSON.stringify(event)}`;

  const happen = (event: RoundEvent): void => {
    const before = driver.state;
    const effects = driver.event(event);
    const { state } = driver;
    for (const effect of effects) {
      if (effect.type !== 'publish') continue;
      for (const client of effect.cohort) asked.push({ client, round: effect.round, attempt: effect.attempt });
    }
    if (event.type === 'update') {
      const isRefused = effects.some((effect) => effect.type === 'refuse') || state.late > before.late;
      const key = `${resets} ${event.attempt} ${event.client}`;
      if (!isRefused) {
        taken++;
        assert.ok(
          asked.some(
            (one) => one.client === event.client && one.attempt === event.attempt && one.round === event.round,
          ),
          `${where(event)}: nobody asked for it`,
        );
        assert.ok(!counted.has(key), `${where(event)}: counted twice`);
        const next = before.phase === 'saving' ? before.round + 1 : before.round;
        assert.ok(next - event.round <= reach && next >= event.round, `${where(event)}: too old`);
      }
      if (!isRefused) counted.add(key);
    }
    if (event.type === 'command' && event.command === 'reset') resets++;
    assert.ok(state.away >= 0 && state.away <= state.clients.size, where(event));
    if (isAsync && state.phase === 'collecting') {
      const atWork = entries(state.clients).filter(([, one]) => one.asked > 0 && one.answer === undefined);
      assert.equal(state.cohort, atWork.length, where(event));
      const most = timing.concurrency ? timing.concurrency : clients.length;
      assert.ok(atWork.length <= most, where(event));
      const idle = [...state.free, ...state.resting];
      assert.equal(new Set(idle).size, idle.length, where(event));
      assert.ok(!atWork.some(([id]) => idle.includes(id)), where(event));
      // Never stuck: somebody is at work, or rests, or waits for what is being written.
      const isMaking = effects.at(-1)?.type === 'advance';
      assert.ok(
        isMaking || atWork.length + state.resting.length > 0 || state.kept < state.round || !state.running,
        where(event),
      );
    }
    const last = effects.at(-1);
    if (last?.type === 'advance') happen(random.below(10) > 0 ? { type: 'made' } : { type: 'unmade' });
  };

  happen({ type: 'opened', run: 'life' });
  for (let i = 0; i < events; i++) {
    const event = someEvent(driver, asked, random);
    if (event) happen(event);
  }
  return taken;
}

describe('late and asynchronous answers, whatever happens', () => {
  it('count once', () => {
    let taken = 0;
    for (let seed = 1; seed <= 80; seed++) taken += run(seed, 400);
    // Not by never taking any.
    assert.ok(taken > 700, `only ${taken} were taken`);
  });
});
