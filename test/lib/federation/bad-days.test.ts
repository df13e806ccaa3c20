/** Dropouts, late answers, another order of arrival, restarts: what a federation must end up with all the same. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { federatedModel } from '../../../lib/federation';
import { generator, shuffle } from '../../../lib/random/generator';
import { createStore } from '../../../lib/state';
import type { FederationHeader, Message, UpdateHeader } from '../../../lib/update/message';
import { type Toy, type ToyWish, toyFederation, toyLearner, toyModel, toyTrain } from './toy';

const clients = ['a', 'b', 'c', 'd', 'e'];
const options = { rounds: 8, minClients: 5, quorum: 3, deadlineMs: 1000 };

const isUpdate = (message: Message<FederationHeader>): message is Message<UpdateHeader> => message.fl.kind === 'update';

async function learned(wish: ToyWish, drive?: (toy: Toy) => Promise<void>): Promise<Toy> {
  const toy = await toyFederation({ clients, ...wish, options: { ...options, ...wish.options } });
  await toy.settle();
  await drive?.(toy);
  return toy;
}

describe('a federation on bad days', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fl-federation-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('gives the same bits though the updates arrive in another order', async () => {
    const plain = await learned({});
    const { weights } = plain.coordinator.snapshot();
    const losses = plain.metrics.map(({ loss, updateNorm }) => [loss, updateNorm]);
    for (let seed = 1; seed <= 5; seed++) {
      const random = generator(seed, 'arrival');
      let held: Message[] = [];
      const mixed = await learned({
        up(message, deliver) {
          if (message.fl.kind === 'join') return message;
          held.push(message);
          if (held.length === clients.length) {
            const batch = shuffle(held, random);
            held = [];
            for (const one of batch) deliver(one);
          }
          return undefined;
        },
      });
      assert.deepEqual(mixed.coordinator.snapshot().weights, weights);
      assert.deepEqual(
        mixed.metrics.map(({ loss, updateNorm }) => [loss, updateNorm]),
        losses,
      );
      await mixed.close();
    }
    await plain.close();
  });

  it('goes on without a client that is gone: each round waits its deadline, then no longer for it', async () => {
    let joined = false;
    const toy = await learned({
      up(message) {
        const { fl } = message;
        if (!('client' in fl) || fl.client !== 'e' || fl.kind === 'statistics') return message;
        if (fl.kind !== 'join' || joined) return undefined;
        joined = true;
        return message;
      },
    });
    for (let i = 0; i < 20; i++) {
      toy.clock.advance(500);
      await toy.settle();
    }
    assert.equal(toy.coordinator.snapshot().phase, 'finished');
    assert.deepEqual(
      toy.metrics.map(({ cohort, updates }) => [cohort, updates]),
      [...Array(3).fill([5, 4]), ...Array(5).fill([4, 4])],
    );
    assert.deepEqual(
      toy.coordinator
        .snapshot()
        .registry.filter(({ away }) => away)
        .map(({ client }) => client),
      ['e'],
    );
    await toy.close();
  });

  it('refuses an update that comes after its round, and says so in the next record', async () => {
    let late: Message | undefined;
    const toy = await learned({
      up(message, deliver) {
        if (!isUpdate(message) || message.fl.client !== 'e') return message;
        if (message.fl.round === 4) deliver(late);
        if (message.fl.round !== 2) return message;
        late = message;
        return undefined;
      },
    });
    toy.clock.advance(1000);
    await toy.settle();
    assert.deepEqual(
      toy.metrics.map((record) => [record.updates, record.late]),
      [5, 4, 5, 5, 5, 5, 5, 5].map((updates, i) => [updates, i === 3 ? 1 : 0]),
    );
    assert.deepEqual(
      toy.refused.map(({ code }) => code),
      ['late'],
    );
    assert.match(toy.refused[0].message, /^The update of "e" for round 2 came too late: /);
    await toy.close();
  });

  it('an attempt that is void changes nothing, and its answers are not trained twice', async () => {
    let trainings = 0;
    let lose = true;
    const plain = await learned({});
    const toy = await toyFederation({
      options,
      up: (message) => (isUpdate(message) && message.fl.round === 1 && lose ? undefined : message),
    });
    for (const client of clients) {
      toy.add(client, {
        learner: toyLearner(client, async (job) => {
          trainings++;
          return toyTrain(job);
        }),
      });
    }
    toy.clock.advance(1000);
    await toy.settle();
    toy.clock.advance(1000);
    assert.match(toy.metrics[0].void ?? '', /quorum of 3 was missed/);
    assert.equal(toy.metrics[0].round, 1);
    assert.deepEqual(toy.coordinator.snapshot().weights.length, 3);
    lose = false;
    toy.clock.advance(1000);
    await toy.settle();
    assert.equal(toy.coordinator.snapshot().phase, 'finished');
    assert.equal(trainings, options.rounds * clients.length);
    assert.deepEqual(toy.coordinator.snapshot().weights, plain.coordinator.snapshot().weights);
    await toy.close();
    await plain.close();
  });

  it('says how to wire it when no client answers', async () => {
    const toy = await toyFederation({
      clients,
      options,
      up: (message) => (message.fl.kind === 'join' ? message : undefined),
    });
    await toy.settle();
    toy.clock.advance(1000);
    await toy.settle();
    const { message } = toy.refused.at(-1) ?? {};
    assert.match(message ?? '', /wire the clients' output, through any filters, back to this aggregator\.$/);
    await toy.close();
  });

  it('restarted in the middle of any round ends with the same bits as uninterrupted', async () => {
    for (const sampler of [{ name: 'all' }, { name: 'random', count: 4 }, { name: 'round-robin', count: 3 }] as const) {
      const plain = await learned({ options: { sampler } });
      const expected = plain.coordinator.snapshot();
      for (let round = 1; round <= options.rounds; round++) {
        const home = join(folder, `${sampler.name}-${round}`);
        let arrived = 0;
        // Killed when two updates of this round are in: what is not on the disk is lost.
        const first = await learned({
          parts: { store: createStore(home) },
          options: { sampler },
          up(message) {
            if (isUpdate(message) && message.fl.round === round) arrived++;
            return arrived > 2 ? undefined : message;
          },
        });
        assert.equal(first.coordinator.snapshot().round, round);
        await first.close();
        const second = await learned({ parts: { store: createStore(home) }, options: { sampler } });
        // The grace for those who are silent.
        second.clock.advance(5000);
        await second.settle();
        const { weights, phase, bytesUpTotal } = second.coordinator.snapshot();
        assert.equal(phase, 'finished');
        assert.deepEqual(weights, expected.weights, `${sampler.name}, round ${round}`);
        assert.deepEqual(second.coordinator.snapshot().normalisation, expected.normalisation);
        assert.equal(bytesUpTotal, expected.bytesUpTotal);
        assert.deepEqual(
          second.metrics.map((record) => record.round),
          Array.from({ length: options.rounds - round + 1 }, (_, i) => round + i),
        );
        await second.close();
      }
      await plain.close();
    }
  });

  it('publishes a model only after the state that holds it is written', async () => {
    const events: string[] = [];
    const inner = createStore(folder);
    const toy = await learned({
      parts: {
        store: {
          read: inner.read,
          async write(name, record) {
            await inner.write(name, record);
            const kept = (record.json as { kept?: { round: number } }).kept;
            if (kept) events.push(`written ${kept.round}`);
          },
        },
      },
    });
    const seen = new Set<number>();
    for (const { fl } of toy.sent) if (fl.kind === 'model') seen.add(fl.round);
    assert.deepEqual(
      events,
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((round) => `written ${round}`),
    );
    assert.deepEqual([...seen], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await toy.close();
  });

  it('keeps the old model when the new one cannot be written, and tries again', async () => {
    let full = false;
    const inner = createStore(folder);
    const plain = await learned({});
    const toy = await learned({
      parts: {
        store: {
          read: inner.read,
          async write(name, record) {
            full = (record.json as { kept?: { round: number } }).kept?.round === 4 && toyFull;
            if (full) throw new Error('ENOSPC: no space left on device');
            await inner.write(name, record);
          },
        },
      },
    });
    assert.match(toy.metrics.at(-1)?.void ?? '', /cannot be written: .*ENOSPC/);
    assert.deepEqual([toy.coordinator.snapshot().round, toy.coordinator.snapshot().phase], [3, 'waiting']);
    assert.equal(toy.refused.at(-1)?.code, 'state-write');
    toyFull = false;
    toy.clock.advance(1000);
    await toy.settle();
    assert.equal(toy.coordinator.snapshot().phase, 'finished');
    assert.deepEqual(toy.coordinator.snapshot().weights, plain.coordinator.snapshot().weights);
    await toy.close();
    await plain.close();
  });
  let toyFull = true;

  it('takes commands while a model is written: the disk ends with what counts', async () => {
    for (const command of ['pause', 'reset', 'stop'] as const) {
      const inner = createStore(join(folder, command));
      let go: () => void = () => {};
      let slow = false;
      const toy = await learned({
        options: { autoStart: false },
        parts: {
          store: {
            read: inner.read,
            async write(name, record) {
              if (slow && (record.json as { kept?: { round: number } }).kept?.round === 4) {
                slow = false;
                await new Promise<void>((resolve) => {
                  go = resolve;
                });
              }
              await inner.write(name, record);
            },
          },
        },
      });
      slow = true;
      toy.coordinator.command('start');
      while (toy.coordinator.snapshot().round < 3 || toy.coordinator.snapshot().phase !== 'saving') {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      toy.coordinator.command(command);
      go();
      await toy.settle();
      const now = toy.coordinator.snapshot();
      const expected = command === 'reset' ? 0 : 4;
      assert.deepEqual([now.round, now.phase, now.running], [expected, 'idle', false], command);
      await toy.close();
      const again = await toyFederation({ options, parts: { store: createStore(join(folder, command)) } });
      const kept = again.coordinator.snapshot();
      assert.deepEqual([kept.round, kept.weights], [expected, now.weights], command);
      await again.settle();
      assert.equal(again.coordinator.snapshot().running, false);
      await again.close();
    }
  });

  it('after a step and a restart it still stands', async () => {
    const toy = await learned({ options: { autoStart: false }, parts: { store: createStore(folder) } });
    toy.coordinator.command('step');
    await toy.settle();
    assert.equal(toy.coordinator.snapshot().round, 2);
    await toy.close();
    const again = await learned({ parts: { store: createStore(folder) } });
    assert.deepEqual([again.coordinator.snapshot().round, again.coordinator.snapshot().phase], [2, 'idle']);
    await again.close();
  });

  it('does not mix another model in: the old state is kept, and found again', async () => {
    const first = await learned({ parts: { store: createStore(folder) } });
    const { weights } = first.coordinator.snapshot();
    await first.close();
    const spec = { ...toyModel().spec, seed: 6 };
    const other = await toyFederation({ parts: { store: createStore(folder), model: federatedModel(spec) }, options });
    assert.deepEqual(
      other.refused.map(({ code }) => code),
      ['model-changed'],
    );
    assert.equal(other.coordinator.snapshot().round, 0);
    await other.close();
    const back = await toyFederation({ parts: { store: createStore(folder) }, options });
    await back.settle();
    assert.match(back.refused[0].message, /goes on from where that one stood/);
    assert.deepEqual(back.coordinator.snapshot().weights, weights);
    assert.equal(back.coordinator.snapshot().phase, 'finished');
    await back.close();
  });

  it('goes on after a restart with more rounds, and stays paused when it was paused', async () => {
    // What is kept beside is written once more at the end.
    const beside = { now: () => 'kept', found: () => {} };
    const first = await learned({ parts: { store: createStore(folder), beside } });
    await first.close();
    const same = await learned({ parts: { store: createStore(folder), beside } });
    await same.close();
    const more = await learned({ parts: { store: createStore(folder), beside }, options: { rounds: 10 } });
    assert.deepEqual(
      more.metrics.map(({ round }) => round),
      [9, 10],
    );
    more.coordinator.command('pause');
    await more.settle();
    await more.close();
    const ended = await learned({ parts: { store: createStore(folder) }, options: { rounds: 12 } });
    assert.deepEqual([ended.coordinator.snapshot().phase, ended.metrics], ['idle', []]);
    ended.coordinator.command('start');
    await ended.close();
    const paused = await toyFederation({
      clients,
      parts: { store: createStore(folder) },
      options: { ...options, rounds: 20 },
    });
    paused.coordinator.command('pause');
    await paused.settle();
    const { round } = paused.coordinator.snapshot();
    await paused.close();
    const still = await learned({ parts: { store: createStore(folder) }, options: { rounds: 20 } });
    assert.deepEqual([still.coordinator.snapshot().phase, still.coordinator.snapshot().round], ['idle', round]);
    still.coordinator.command('start');
    await still.settle();
    assert.equal(still.coordinator.snapshot().phase, 'finished');
    await still.close();
  });

  it('reset begins from the first weights, on the disk too', async () => {
    const first = await learned({ parts: { store: createStore(folder) }, options: { autoStart: false } });
    first.coordinator.command('start');
    await first.settle();
    const trained = first.coordinator.snapshot();
    assert.equal(trained.round, 9);
    first.coordinator.command('reset');
    await first.settle();
    const { round, bytesUpTotal, phase, normalisation } = first.coordinator.snapshot();
    assert.deepEqual([round, bytesUpTotal, phase, normalisation], [0, 0, 'idle', undefined]);
    await first.close();
    const again = await learned({ parts: { store: createStore(folder) }, options: { autoStart: false } });
    assert.equal(again.coordinator.snapshot().round, 0);
    again.coordinator.command('start');
    await again.settle();
    assert.deepEqual(again.coordinator.snapshot().weights, trained.weights);
    await again.close();
  });

  it('closes in the middle of a round and leaves nothing running', async () => {
    const toy = await toyFederation({ clients, options, parts: { store: createStore(folder) } });
    await toy.close();
    const sent = toy.sent.length;
    assert.equal(toy.clock.waiting, 0);
    toy.clock.advance(100_000);
    await toy.settle();
    assert.equal(toy.sent.length, sent);
    assert.equal((await readdir(folder)).filter((file) => file.endsWith('.tmp')).length, 0);
  });
});
