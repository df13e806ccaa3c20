/** What an operator sees of each client while a federation runs. */
import assert from 'node:assert/strict';
import type { WatchedClient } from '../../../lib/federation';
import { createLastHeard } from '../../../lib/federation/overview';
import type { FederationHeader, Message } from '../../../lib/update/message';
import { manualClock } from './manual-clock';
import { drive } from './round-driver';
import { type Toy, toyFederation } from './toy';

const clients = ['a', 'b', 'c'];
const of = (toy: Toy, client: string): WatchedClient => {
  const found = toy.coordinator.overview().registry.find((one) => one.client === client);
  assert.ok(found, client);
  return found;
};

describe('The overview of a federation', () => {
  let toy: Toy;
  afterEach(() => toy?.close());
  const begin = async (up?: (message: Message<FederationHeader>) => unknown): Promise<void> => {
    toy = await toyFederation({
      clients,
      options: { rounds: 3, minClients: 3, quorum: 2, pauseMs: 5000, deadlineMs: 1000 },
      ...(up ? { up } : {}),
    });
    for (const participant of toy.participants.values()) participant.samplesChanged();
    await toy.settle();
  };

  it('is the snapshot without the model', async () => {
    await begin();
    const { weights, normalisation, registry, ...snapshot } = toy.coordinator.snapshot();
    const { registry: watched, curve, ...overview } = toy.coordinator.overview();
    assert.equal(snapshot.round, 2);
    assert.deepEqual(overview, snapshot);
    assert.equal(curve.length, 1);
    assert.deepEqual(
      watched.map(({ client, samples, away }) => ({ client, samples, away })),
      registry,
    );
    assert.ok(!('weights' in overview) && weights.length > 0 && normalisation);
  });

  it('says how long each has been silent, what it was asked and what it answered', async () => {
    await begin(({ fl, payload }) => (fl.kind === 'update' && fl.client === 'c' ? undefined : { fl, payload }));
    toy.clock.advance(400);
    assert.deepEqual(
      clients.map((client) => [of(toy, client).answer, of(toy, client).asked, of(toy, client).silentMs]),
      [
        ['update', 1, 400],
        ['update', 1, 400],
        ['asked', 1, 400],
      ],
    );
    toy.clock.advance(700);
    await toy.settle();
    assert.equal(toy.coordinator.overview().phase, 'waiting');
    assert.equal(of(toy, 'c').answer, undefined, 'the round is over without it');
    assert.deepEqual([of(toy, 'c').missed, of(toy, 'a').missed], [1, undefined]);
    assert.equal(of(toy, 'c').silentMs, 1100);
    assert.ok((of(toy, 'a').loss ?? 0) > 0);
  });

  it('says what was wrong with an answer of no use', async () => {
    await begin(({ fl, payload }) =>
      fl.kind === 'update' && fl.client === 'b' ? { fl, payload: Buffer.alloc(payload.length, 0xff) } : { fl, payload },
    );
    assert.equal(of(toy, 'b').answer, 'failed');
    assert.equal(typeof of(toy, 'b').failure, 'string');
    assert.equal(of(toy, 'a').failure, undefined);
  });

  it('forgets all at a reset', async () => {
    await begin();
    toy.clock.advance(10);
    assert.equal(of(toy, 'a').silentMs, 10);
    toy.coordinator.command('reset');
    assert.equal(of(toy, 'a').silentMs, undefined);
  });

  it('remembers nobody who is not in the registry: a flood of names fills nothing', () => {
    const clock = manualClock();
    const driver = drive({ minClients: 2, quorum: 2 });
    driver.join('a');
    const heard = createLastHeard(clock);
    for (const client of ['a', 'stranger']) heard.take({ type: 'join', client, samples: 1 }, driver.state);
    clock.advance(30);
    assert.deepEqual([heard.silence('a'), heard.silence('stranger')], [30, undefined]);
  });
});
