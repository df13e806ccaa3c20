import assert from 'node:assert/strict';
import { type Driver, drive, find, typesOf } from './round-driver';

const three = { minClients: 3, quorum: 2, rounds: 5 };

/** Joined, first round asked. */
function asked(wish = {}): Driver {
  const driver = drive({ ...three, ...wish });
  driver.event({ type: 'opened', run: 'life' });
  driver.join('a', 'b', 'c');
  return driver;
}

function close(driver: Driver): void {
  for (const client of driver.cohort) driver.answer('update', client);
  assert.equal(driver.state.phase, 'saving');
  driver.event({ type: 'saved' });
}

describe('the round: beginning', () => {
  it('calls for clients, and asks the first round when enough have joined', () => {
    const driver = drive(three);
    assert.deepEqual(typesOf(driver.event({ type: 'opened', run: 'life' })), ['invite', 'arm']);
    driver.join('a', 'b');
    assert.equal(driver.state.phase, 'gathering');
    const effects = driver.join('c');
    assert.deepEqual(find(effects, 'publish'), {
      type: 'publish',
      cohort: ['a', 'b', 'c'],
      round: 1,
      attempt: 'life.1',
    });
    assert.deepEqual([...driver.timers], [['deadline', 60_000]]);
  });

  it('calls ever more slowly, up to a minute', () => {
    const driver = drive(three);
    driver.event({ type: 'opened', run: 'life' });
    const waits = Array.from({ length: 9 }, () => {
      const ms = driver.timers.get('call');
      assert.equal(find(driver.timer('call'), 'invite')?.cohort, 'all');
      return ms;
    });
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('waits for the command when it is not to start by itself', () => {
    const driver = asked({ autoStart: false });
    assert.equal(driver.state.phase, 'idle');
    assert.equal(find(driver.effects, 'publish'), undefined);
    assert.equal(find(driver.command('start'), 'publish')?.round, 1);
  });

  it('gathers statistics as round 0 first', () => {
    const driver = drive(three, true);
    driver.event({ type: 'opened', run: 'life' });
    const effects = driver.join('a', 'b', 'c');
    assert.deepEqual(find(effects, 'ask-statistics')?.cohort, ['a', 'b', 'c']);
    assert.equal(driver.state.round, 0);
    driver.answer('statistics', 'a');
    assert.equal(find(driver.answer('update', 'b'), 'refuse')?.code, 'late');
    driver.answer('decline', 'b');
    const closing = driver.answer('statistics', 'c');
    assert.ok(find(closing, 'close-statistics'));
    assert.equal(find(driver.event({ type: 'saved' }), 'publish')?.round, 1);
  });

  it('refuses clients above the limit, and knows those it has', () => {
    const driver = asked({ maxClients: 3 });
    assert.equal(find(driver.join('d'), 'refuse')?.code, 'too-many-clients');
    assert.deepEqual(driver.join('a'), []);
    assert.equal(driver.state.clients.size, 3);
  });
});

describe('the round: answers', () => {
  it('closes when all have answered', () => {
    const driver = asked();
    assert.deepEqual(driver.answer('update', 'b'), []);
    driver.answer('decline', 'c');
    const effects = driver.answer('update', 'a');
    assert.deepEqual(find(effects, 'close'), {
      type: 'close',
      round: 1,
      claim: '',
      counts: { cohort: 3, updates: 2, declined: 1, late: 0, refused: [] },
    });
    assert.deepEqual([...driver.timers], []);
    assert.equal(find(driver.event({ type: 'saved' }), 'publish')?.round, 2);
  });

  it('closes at the deadline with a quorum, and is void without', () => {
    const enough = asked();
    enough.answer('update', 'a');
    enough.answer('update', 'b');
    assert.equal(find(enough.timer('deadline'), 'close')?.counts.updates, 2);

    const few = asked();
    few.answer('update', 'a');
    const reason = find(few.timer('deadline'), 'void')?.reason ?? '';
    assert.match(reason, /quorum of 2 was missed: 1 of 3 clients answered \(2 are silent\)/);
    assert.equal(few.state.phase, 'waiting');
    assert.equal(few.state.round, 1);
  });

  it('counts one update of a client, and says why it refuses the others', () => {
    const driver = asked();
    driver.answer('update', 'a');
    const answer = { client: 'b', round: 1, attempt: 'life.1' };
    const cases: [Parameters<Driver['event']>[0], string][] = [
      [{ type: 'update', ...answer, client: 'a', claim: '' }, 'duplicate'],
      [{ type: 'decline', ...answer, client: 'a' }, 'duplicate'],
      [{ type: 'update', ...answer, client: 'z', claim: '' }, 'not-asked'],
      [{ type: 'update', ...answer, round: 0, claim: '' }, 'late'],
      [{ type: 'update', ...answer, round: 2, claim: '' }, 'wrong-round'],
      [{ type: 'update', ...answer, attempt: 'life.0', claim: '' }, 'late'],
      [{ type: 'update', ...answer, attempt: 'other.1', claim: '' }, 'late'],
      [{ type: 'statistics', ...answer }, 'late'],
    ];
    for (const [event, code] of cases) {
      const refusal = find(driver.event(event), 'refuse');
      assert.equal(refusal?.code, code, JSON.stringify(event));
      assert.match(refusal?.message ?? '', /^[A-Z"].*: .*\.$/);
    }
    assert.equal(driver.state.updates, 1);
    driver.answer('update', 'b');
    const counts = find(driver.answer('update', 'c'), 'close')?.counts;
    assert.deepEqual(counts, {
      cohort: 3,
      updates: 3,
      declined: 0,
      late: 4,
      refused: [
        ['duplicate', 2],
        ['not-asked', 1],
        ['wrong-round', 1],
      ],
    });
  });

  it('lets a client mend what was of no use, and does not wait for one that does not', () => {
    const bad = { type: 'failed', code: 'not-finite', client: 'b', round: 1, attempt: 'life.1' } as const;
    const mended = asked();
    mended.event(bad);
    mended.event(bad);
    assert.equal(mended.state.failed, 1);
    mended.answer('update', 'b');
    assert.deepEqual([mended.state.failed, mended.state.updates], [0, 1]);

    const silent = asked();
    silent.event(bad);
    silent.answer('update', 'a');
    const counts = find(silent.answer('update', 'c'), 'close')?.counts;
    assert.deepEqual([counts?.updates, counts?.refused], [2, [['not-finite', 1]]]);
  });

  it('ignores what fails for somebody who was not asked', () => {
    const driver = asked();
    driver.event({ type: 'failed', code: 'not-finite', client: 'z', round: 1, attempt: 'life.1' });
    assert.deepEqual([driver.state.failed, driver.state.refused], [0, [['not-finite', 1]]]);
  });

  it('averages the largest group that states the same privacy, whoever came first', () => {
    for (const order of ['abc', 'bca', 'cab', 'cba']) {
      const driver = asked();
      for (const client of order) driver.answer('update', client, client === 'a' ? '' : 'central');
      const effect = find(driver.effects, 'close');
      assert.equal(effect?.claim, 'central');
      assert.deepEqual([effect?.counts.updates, effect?.counts.refused], [2, [['privacy-mismatch', 1]]]);
    }
    // Two against two: by the text, not by who came first.
    for (const order of ['abcd', 'dcba']) {
      const driver = asked({ minClients: 4 });
      driver.join('d');
      for (const client of order) driver.answer('update', client, client < 'c' ? 'x' : 'local');
      assert.equal(find(driver.effects, 'close')?.claim, 'local');
    }
    const split = asked({ quorum: 3 });
    for (const client of 'abc') split.answer('update', client, client);
    assert.match(find(split.effects, 'void')?.reason ?? '', /2 state another privacy/);
  });

  it('keeps at most three kinds of privacy', () => {
    const driver = drive({ minClients: 5, quorum: 1 });
    driver.event({ type: 'opened', run: 'life' });
    driver.join('a', 'b', 'c', 'd', 'e');
    for (const client of 'abc') driver.answer('update', client, client);
    assert.equal(find(driver.answer('update', 'd', 'd'), 'refuse')?.code, 'privacy-mismatch');
    driver.answer('update', 'e', 'a');
    assert.equal(driver.state.updates, 4);
  });

  it('books late ones while the model is written to the next record', () => {
    const driver = asked();
    for (const client of 'abc') driver.answer('update', client);
    assert.equal(find(driver.answer('update', 'a'), 'refuse')?.code, 'late');
    driver.event({ type: 'saved' });
    close(driver);
    assert.deepEqual(
      driver.effects.flatMap((effect) => (effect.type === 'close' ? [effect.counts.late] : [])),
      [0, 1],
    );
  });
});

describe('the round: when nobody answers', () => {
  it('backs off, says how to wire it, and leaves the silent out in the end', () => {
    const driver = asked({ missesUntilAway: 3 });
    const pauses: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const effects = driver.timer('deadline');
      assert.match(
        find(effects, 'warn')?.message ?? '',
        /^No client answered round 1: wire the clients' output, through any filters, back to this aggregator\.$/,
      );
      pauses.push(driver.timers.get('pause'));
      driver.timer('pause');
    }
    assert.deepEqual(pauses, [1000, 2000, 4000]);
    assert.equal(driver.state.phase, 'gathering');
    assert.equal(driver.state.round, 1);
    // They come back: the quorum is enough to go on.
    driver.join('b');
    assert.equal(driver.state.phase, 'gathering');
    const effects = driver.join('c');
    assert.deepEqual(find(effects, 'publish')?.cohort, ['b', 'c']);
    assert.deepEqual(find(effects, 'invite')?.cohort, ['a']);
  });

  it('does not speak of wires when a client once answered', () => {
    const driver = asked();
    driver.answer('decline', 'a');
    assert.equal(find(driver.timer('deadline'), 'warn'), undefined);
  });

  it('does not wait for a client that is away, until it joins again', () => {
    const driver = asked({ missesUntilAway: 2 });
    for (let round = 1; round <= 2; round++) {
      driver.answer('update', 'a');
      driver.answer('update', 'b');
      driver.timer('deadline');
      driver.event({ type: 'saved' });
    }
    assert.deepEqual(driver.cohort, ['a', 'b']);
    driver.join('c');
    close(driver);
    assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
  });

  it('forgives a client that answers in between', () => {
    const driver = asked({ missesUntilAway: 2 });
    for (const answers of ['ab', 'abc', 'ab', 'ab']) {
      assert.deepEqual(driver.cohort, ['a', 'b', 'c']);
      for (const client of answers) driver.answer('update', client);
      driver.timer('deadline');
      driver.event({ type: 'saved' });
    }
    assert.deepEqual(driver.cohort, ['a', 'b']);
  });

  it('tries another cohort after a void round', () => {
    const driver = asked({ minClients: 3, quorum: 1, sampler: { name: 'round-robin', count: 1 } });
    assert.deepEqual(driver.cohort, ['a']);
    driver.timer('deadline');
    driver.timer('pause');
    assert.deepEqual([driver.cohort, driver.state.round], [['b'], 1]);
  });

  it('goes on after a result that could not be written', () => {
    const driver = asked();
    for (const client of 'abc') driver.answer('update', client);
    const effects = driver.event({ type: 'unsaved', reason: 'The disk is full.' });
    assert.deepEqual([find(effects, 'void')?.reason, driver.state.round], ['The disk is full.', 1]);
    driver.timer('pause');
    assert.equal(driver.state.phase, 'collecting');
  });
});

describe('the round: commands', () => {
  it('ends after the last round with a model for everybody', () => {
    const driver = asked({ rounds: 2 });
    close(driver);
    close(driver);
    assert.deepEqual([driver.state.phase, driver.state.running, driver.state.round], ['finished', false, 3]);
    const last = driver.effects.at(-1);
    assert.ok(last?.type === 'publish' && last.cohort.length === 0 && last.round === 3);
    assert.deepEqual([...driver.timers], []);
    assert.equal(find(driver.command('start'), 'warn')?.code, 'finished');
    assert.equal(find(driver.command('step'), 'warn')?.code, 'finished');
  });

  it('gives the model to those who come while nothing is asked, once for all that come together', () => {
    const driver = asked({ rounds: 1 });
    assert.equal(driver.timers.has('announce'), false);
    close(driver);
    driver.join('d', 'e');
    assert.deepEqual([...driver.timers], [['announce', 1000]]);
    assert.deepEqual(driver.timer('announce'), [{ type: 'publish', cohort: [], round: 2, attempt: 'life.1' }]);
    // Those who answer the invitation after a restart have it already.
    const after = drive({ ...three, rounds: 1 }, false, driver.state);
    after.event({ type: 'opened', run: 'next' });
    after.join('a');
    assert.deepEqual([...after.timers], []);
    after.join('a');
    assert.deepEqual([...after.timers.keys()], ['announce']);
  });

  it('pause: finishes the round, then stands; start goes on', () => {
    const driver = asked();
    driver.command('pause');
    assert.equal(driver.state.phase, 'collecting');
    close(driver);
    assert.deepEqual([driver.state.phase, driver.state.round], ['idle', 2]);
    assert.equal(find(driver.command('start'), 'publish')?.round, 2);
  });

  it('stop: the round under way is void at once', () => {
    const driver = asked();
    driver.answer('update', 'a');
    const effects = driver.command('stop');
    assert.match(find(effects, 'void')?.reason ?? '', /stopped/);
    assert.deepEqual([driver.state.phase, [...driver.timers]], ['idle', []]);
    assert.equal(find(driver.answer('update', 'b'), 'refuse')?.code, 'late');
  });

  it('step: one round, then stands', () => {
    const driver = asked({ autoStart: false });
    driver.command('step');
    close(driver);
    assert.deepEqual([driver.state.phase, driver.state.round], ['idle', 2]);
    driver.command('step');
    driver.timer('deadline');
    assert.deepEqual([driver.state.phase, driver.state.round], ['idle', 2]);
  });

  it('reset: back to round 1, from any phase; answers of before are not taken', () => {
    const driver = asked();
    close(driver);
    const stale = { client: 'a', round: driver.state.round, attempt: 'life.2' };
    const effects = driver.command('reset');
    assert.ok(find(effects, 'forget') && find(effects, 'persist'));
    assert.deepEqual([driver.state.round, driver.state.phase, driver.cohort], [1, 'collecting', ['a', 'b', 'c']]);
    close(driver);
    assert.equal(driver.state.round, 2);
    assert.equal(find(driver.event({ type: 'update', ...stale, claim: '' }), 'refuse')?.code, 'late');
  });

  it('pauses between rounds, and shows the model at the beginning of a long pause', () => {
    for (const [pauseMs, shown] of [
      [500, 0],
      [3_600_000, 1],
    ]) {
      const driver = asked({ pauseMs });
      close(driver);
      assert.deepEqual([driver.state.phase, [...driver.timers]], ['waiting', [['pause', pauseMs]]]);
      const empty = driver.effects.filter((effect) => effect.type === 'publish' && effect.cohort.length === 0);
      assert.equal(empty.length, shown);
      assert.equal(find(driver.timer('pause'), 'publish')?.round, 2);
    }
  });
});

describe('the round: after a restart', () => {
  it('waits for the clients that it knows, then asks the round again', () => {
    const before = asked();
    close(before);
    const after = drive(three, false, before.state);
    assert.deepEqual(typesOf(after.event({ type: 'opened', run: 'next' })), ['invite', 'arm']);
    assert.deepEqual([...after.timers], [['grace', 5000]]);
    after.join('c', 'a');
    const effects = after.join('b');
    assert.deepEqual(find(effects, 'publish'), {
      type: 'publish',
      cohort: ['a', 'b', 'c'],
      round: 2,
      attempt: 'next.1',
    });
    assert.deepEqual([...after.timers.keys()], ['deadline']);
  });

  it('does not wait for ever', () => {
    const before = asked();
    const after = drive(three, false, before.state);
    after.event({ type: 'opened', run: 'next' });
    after.join('a');
    assert.deepEqual(find(after.timer('grace'), 'publish')?.cohort, ['a', 'b', 'c']);
  });

  it('stays paused, or finished, and gives the model to those who use it', () => {
    for (const rounds of [1, 5]) {
      const before = asked({ rounds });
      before.command('pause');
      close(before);
      const after = drive({ ...three, rounds }, false, before.state);
      const effects = after.event({ type: 'opened', run: 'next' });
      assert.deepEqual([after.state.phase, find(effects, 'publish')?.round], [rounds === 1 ? 'finished' : 'idle', 2]);
      assert.deepEqual([...after.timers], []);
    }
  });
});
