/** The reducer without rounds: who is given which version, what an old answer is, and what a dead client costs. */
import assert from 'node:assert/strict';
import { attemptName } from '../../../lib/federation/attempt';
import type { FederationOptions } from '../../../lib/federation/options';
import type { Effect } from '../../../lib/federation/round-state';
import { get } from '../../../lib/federation/table';
import type { AsyncTiming } from '../../../lib/federation/timing/options';
import { type Driver, drive, find, typesOf } from './round-driver';

const fedasync: AsyncTiming = { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 3 };
const fedbuff: AsyncTiming = {
  mode: 'async',
  method: { name: 'fedbuff', bufferSize: 3, serverLearningRate: 1 },
  maxStaleness: 3,
};

interface Flow extends Driver {
  /** Its answer to what it was asked last; a version that this makes is made, and written unless told otherwise. */
  update(client: string, isWritten?: boolean): Effect[];
  /** The newest version is on the disk now. */
  written(): Effect[];
}

function flowing(timing: AsyncTiming, wish: Partial<FederationOptions> = {}): Flow {
  const driver = drive({ minClients: 3, quorum: 1, rounds: 0, timing, ...wish });
  const written = (): Effect[] => driver.event({ type: 'kept', round: driver.state.round });
  driver.event({ type: 'opened', run: 'life' });
  driver.join('a', 'b', 'c');
  return Object.assign(Object.create(driver), {
    written,
    update(client: string, isWritten = true): Effect[] {
      const record = get(driver.state.clients, client);
      assert.ok(record?.round !== undefined);
      const attempt = attemptName('life', record.asked);
      const effects = [...driver.event({ type: 'update', client, round: record.round, attempt, claim: '' })];
      if (find(effects, 'advance')) {
        assert.equal(effects.at(-1)?.type, 'advance', 'the making of a version comes last');
        effects.push(...driver.event({ type: 'made' }));
        assert.ok(find(effects, 'keep'));
        if (isWritten) effects.push(...written());
      }
      return effects;
    },
  });
}

const published = (effects: Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'publish' ? [[effect.cohort.join(), effect.round]] : []));

describe('a federation without rounds', () => {
  it('asks all at once, and gives each that answers the version that its answer made', () => {
    const flow = flowing(fedasync);
    assert.deepEqual(published(flow.effects as Effect[]), [['a,b,c', 1]]);
    assert.deepEqual(published(flow.update('b')), [['b', 2]]);
    assert.deepEqual(published(flow.update('b')), [['b', 3]]);
    assert.deepEqual(published(flow.update('a')), [['a', 4]]);
    assert.equal(flow.state.cohort, 3);
    assert.equal(flow.state.round, 4);
  });

  it('fills a buffer before it makes a version, and gives the present one meanwhile', () => {
    const flow = flowing(fedbuff);
    assert.deepEqual(published(flow.update('a')), [['a', 1]]);
    assert.deepEqual(published(flow.update('a')), [['a', 1]]);
    const effects = flow.update('c');
    assert.deepEqual(find(effects, 'advance')?.counts.updates, 3);
    assert.deepEqual(published(effects), [['c', 2]]);
  });

  it('keeps no clock of an asking that all have answered', () => {
    const flow = flowing(fedasync);
    const slots = (): string[] => [...flow.timers.keys()].filter((name) => name.startsWith('slot/'));
    assert.deepEqual(slots(), ['slot/1']);
    for (let i = 0; i < 50; i++) {
      // Two of them wait for the disk, and are asked together.
      flow.update('a', false);
      flow.update('b', false);
      flow.written();
      assert.ok(slots().length <= 2, slots().join());
    }
    flow.update('c');
    assert.ok(!slots().includes('slot/1'));
  });

  it('gives out nothing that is not written: who has answered waits', () => {
    const flow = flowing(fedasync);
    assert.deepEqual(published(flow.update('a', false)), []);
    assert.deepEqual(published(flow.update('b', false)), []);
    // The first version is on the disk, the second is in the making.
    assert.deepEqual(published(flow.event({ type: 'kept', round: 2 })), [['a,b', 2]]);
    assert.deepEqual(published(flow.event({ type: 'kept', round: 3 })), []);
    assert.deepEqual(published(flow.update('c')), [['c', 4]]);
  });

  it('counts an answer to an asking once, and one that is too old never, but its sender works on', () => {
    const flow = flowing(fedasync);
    const first = { type: 'update', client: 'a', round: 1, attempt: 'life.1', claim: '' } as const;
    for (let i = 0; i < 4; i++) flow.update('b');
    assert.equal(flow.state.round, 5);
    const effects = flow.event(first);
    assert.equal(find(effects, 'refuse')?.code, 'late');
    assert.deepEqual(published(effects), [['a', 5]]);
    assert.deepEqual(typesOf(flow.event(first)), ['refuse']);
    assert.equal(flow.state.cohort, 3);
    // Three behind is not too old.
    for (let i = 0; i < 3; i++) flow.update('b');
    assert.deepEqual(published(flow.update('a')), [['a', 9]]);
    assert.equal(find(flow.event({ ...first, client: 'z' }), 'refuse')?.code, 'late');
    assert.equal(find(flow.event({ ...first, round: 99 }), 'refuse')?.code, 'wrong-round');
  });

  it('makes the slot of a dead client free at its deadline, and leaves it out after three', () => {
    const flow = flowing(fedasync, { missesUntilAway: 3, deadlineMs: 500 });
    assert.deepEqual([...flow.timers], [['slot/1', 500]]);
    flow.update('a');
    flow.update('b');
    const late = { type: 'update', client: 'c', round: 1, attempt: 'life.1', claim: '' } as const;
    assert.deepEqual(published(flow.timer('slot/1')), [['c', 3]]);
    assert.equal(find(flow.event(late), 'refuse')?.code, 'late');
    for (let misses = 1; misses < 3; misses++) {
      const asking = get(flow.state.clients, 'c')?.asked ?? 0;
      flow.timer(`slot/${asking}`);
    }
    assert.equal(flow.state.away, 1);
    assert.equal(flow.state.cohort, 2);
    // It comes back.
    assert.deepEqual(published(flow.join('c')), [['c', 3]]);
    assert.equal(flow.state.away, 0);
  });

  it('has no more at work than it may, and chooses the next by chance', () => {
    const flow = flowing({ ...fedasync, concurrency: 1 });
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      assert.equal(flow.state.cohort, 1);
      const [client] = published(flow.effects as Effect[]).at(-1) ?? [];
      seen.add(String(client));
      flow.update(String(client));
    }
    assert.deepEqual([...seen].sort(), ['a', 'b', 'c']);
  });

  it('lets who declined rest, and asks nobody twice at once', () => {
    const flow = flowing(fedasync);
    const effects = flow.event({ type: 'decline', client: 'a', round: 1, attempt: 'life.1' });
    assert.deepEqual(published(effects), []);
    assert.ok(flow.timers.has('rest'));
    flow.join('a');
    assert.equal(flow.state.cohort, 2);
    assert.deepEqual(published(flow.timer('rest')), [['a', 1]]);
  });

  it('lets an update that is of no use neither count nor take the place of the right one', () => {
    const flow = flowing(fedasync);
    const answer = { client: 'a', round: 1, attempt: 'life.1' };
    flow.event({ type: 'failed', code: 'not-finite', ...answer });
    assert.equal(flow.state.round, 1);
    assert.deepEqual(published(flow.update('a')), [['a', 2]]);
  });

  it('pauses: asks nobody and takes what is under way; stops: takes nothing', () => {
    const paused = flowing(fedasync);
    paused.command('pause');
    assert.deepEqual(published(paused.update('a')), []);
    assert.deepEqual(published(paused.update('b')), []);
    assert.equal(paused.state.round, 3);
    assert.deepEqual(published(paused.update('c')), [['', 4]]);
    assert.equal(paused.state.phase, 'idle');
    assert.deepEqual(published(paused.command('start')), [['a,b,c', 4]]);

    const stopped = flowing(fedasync);
    stopped.command('stop');
    assert.equal(stopped.state.phase, 'idle');
    const late = { type: 'update', client: 'a', round: 1, attempt: 'life.1', claim: '' } as const;
    assert.equal(find(stopped.event(late), 'refuse')?.code, 'late');
    assert.deepEqual(published(stopped.command('start')), [['a,b,c', 1]]);
  });

  it('goes on after a pause from where it is', () => {
    const flow = flowing(fedasync);
    flow.command('pause');
    flow.update('a');
    assert.deepEqual(published(flow.command('start')), [['a', 2]]);
    assert.equal(flow.state.cohort, 3);
  });

  it('ends with the last version, on the disk, and gives it to those who use it', () => {
    const flow = flowing(fedasync, { rounds: 2 });
    flow.update('a');
    assert.deepEqual(published(flow.update('b', false)), []);
    // Too late to be the third of two.
    assert.equal(find(flow.update('c'), 'advance'), undefined);
    assert.equal(flow.state.phase, 'collecting');
    assert.deepEqual(published(flow.written()), [['', 3]]);
    assert.equal(flow.state.phase, 'finished');
    assert.equal(flow.state.running, false);
  });

  it('says nothing of those who were at work at the end, once each, and refuses what else comes', () => {
    const flow = flowing(fedasync, { rounds: 2 });
    const late = { type: 'update', client: 'c', round: 1, attempt: 'life.1', claim: '' } as const;
    assert.equal(get(flow.state.clients, 'c')?.asked, 1);
    flow.update('a');
    flow.update('b');
    assert.equal(flow.state.phase, 'finished');
    assert.deepEqual(flow.event(late), []);
    assert.equal(flow.state.late, 1);
    assert.equal(find(flow.event(late), 'refuse')?.code, 'late');
    assert.equal(find(flow.event({ ...late, client: 'stranger' }), 'refuse')?.code, 'late');
  });

  it('steps by one version', () => {
    const flow = flowing(fedasync, { autoStart: false });
    assert.equal(flow.state.phase, 'idle');
    flow.command('step');
    flow.update('a');
    assert.equal(flow.state.running, false);
    assert.equal(flow.state.round, 2);
  });

  it('a version that cannot be made changes nothing, and all work on', () => {
    const flow = flowing(fedasync);
    const [advance] = flow.event({ type: 'update', client: 'a', round: 1, attempt: 'life.1', claim: '' });
    assert.equal(advance.type, 'advance');
    const effects = flow.event({ type: 'unmade' });
    assert.equal(flow.state.round, 1);
    assert.deepEqual(published(effects), [['a', 1]]);
  });

  it('calls for clients when all are gone, and goes on when one comes', () => {
    const flow = flowing(fedasync, { missesUntilAway: 1 });
    const effects = flow.timer('slot/1');
    assert.equal(find(effects, 'invite')?.cohort, 'all');
    assert.equal(flow.state.phase, 'gathering');
    assert.deepEqual(published(flow.join('b')), [['b', 1]]);
    assert.equal(flow.state.phase, 'collecting');
  });

  it('gathers statistics first, and begins anew after a reset', () => {
    const driver = drive({ minClients: 2, quorum: 2, rounds: 0, timing: fedasync }, true);
    driver.event({ type: 'opened', run: 'life' });
    driver.join('a', 'b');
    driver.answer('statistics', 'a');
    driver.answer('statistics', 'b');
    assert.deepEqual(published(driver.event({ type: 'saved' })), [['a,b', 1]]);
    const update = { type: 'update', client: 'a', round: 1, attempt: 'life.2', claim: '' } as const;
    driver.event(update);
    driver.event({ type: 'made' });
    driver.event({ type: 'kept', round: 2 });
    const effects = driver.command('reset');
    assert.equal(driver.state.round, 0);
    assert.ok(find(effects, 'ask-statistics'));
    assert.equal(find(driver.event(update), 'refuse')?.code, 'wrong-round');
  });
});
