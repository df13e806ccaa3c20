/** What the masker lets out, what it holds and what it refuses; and what an aggregator makes of it that asks otherwise. */
import assert from 'node:assert/strict';
import { createMasker, type MaskerEvent } from '../../../../lib/federation';
import type { RefusedError } from '../../../../lib/refused';
import { applyCodec } from '../../../../lib/update/codecs/registry';
import type { FederationHeader, Message, ModelHeader, UpdateHeader } from '../../../../lib/update/message';
import { vectorPayload } from '../../../../lib/update/vector';
import { manualClock } from '../manual-clock';
import { toyFederation } from '../toy';
import { maskedToy, secure } from './masked-toy';

const base = { federation: 'toy', model: 'ab'.repeat(32), round: 1, attempt: 'life.1' };
const model = (change: Partial<ModelHeader> = {}): Message<ModelHeader> => ({
  fl: {
    ...{ kind: 'model', ...base, cohort: ['a', 'b', 'c'], deadlineMs: 1000, quorum: 3 },
    training: { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
    ...{ tensors: [[2, 1]], codecs: [] },
    secure: { threshold: 0.5, neighbours: 2, clip: 1, range: 1000, maxSamples: 10 },
    ...change,
  },
  payload: vectorPayload(Float32Array.of(0, 0)),
});
const update = (change: Partial<UpdateHeader> = {}, vector = Float32Array.of(0.5, -0.5)): Message<UpdateHeader> => ({
  fl: {
    ...{ kind: 'update', ...base, client: 'a', samples: 5, codecs: [], tensors: [[2, 1]], expected: 3 },
    ...{ deadlineMs: 1000, metrics: { loss: 0.1 } },
    ...change,
  },
  payload: vectorPayload(vector),
});
const join = (client: string): Message => ({
  fl: { kind: 'join', ...base, client, samples: 5 },
  payload: Buffer.alloc(0),
});

function start(statistics: 'refuse' | 'pass' = 'refuse') {
  const clock = manualClock();
  const sent: Message<FederationHeader>[] = [];
  const refused: RefusedError[] = [];
  const events: MaskerEvent[] = [];
  const masker = createMasker<string>({
    ...{ statistics, clock },
    send: (message) => sent.push(message),
    onEvent: (event) => events.push(event),
    onRefused: (error) => refused.push(error),
  });
  const receive = (message: unknown): string | undefined => {
    try {
      masker.receive(message);
      return undefined;
    } catch (error) {
      return (error as RefusedError).code;
    }
  };
  return { masker, receive, sent, refused, events, clock, kinds: () => sent.map(({ fl }) => fl.kind) };
}

describe('the masker', () => {
  it('tells keys for each of its clients that is asked, and passes on what they say otherwise', () => {
    const { receive, sent, kinds } = start();
    for (const client of ['a', 'b', 'z']) receive(join(client));
    assert.equal(receive(model()), undefined);
    assert.deepEqual(kinds(), ['join', 'join', 'join', 'secure', 'secure']);
    assert.deepEqual(
      sent.slice(3).map(({ fl }) => 'client' in fl && fl.client),
      ['a', 'b'],
    );
    // Delivered twice, or an older one: nothing is told anew.
    receive(model());
    receive(model({ attempt: 'life.0' }));
    assert.equal(sent.length, 5);
  });

  it('lets no update out without a mask: it declines for the client, and says why', () => {
    const plain = start();
    plain.receive(join('a'));
    plain.receive(model({ secure: undefined }));
    assert.equal(plain.receive(update()), 'not-secure');
    assert.deepEqual(plain.kinds(), ['join', 'decline']);
    assert.equal(plain.events.at(-1)?.event, 'left-out');

    const broken = start();
    broken.receive(join('a'));
    broken.receive(model());
    broken.receive(update());
    assert.deepEqual(broken.kinds(), ['join', 'secure']);
    // The next asking comes before the masks were there: what waited is gone.
    broken.receive(model({ attempt: 'life.2' }));
    assert.deepEqual(broken.kinds(), ['join', 'secure', 'secure']);

    const unknown = start();
    unknown.receive(model());
    assert.equal(unknown.receive(update()), undefined);
    const [declined] = unknown.sent;
    assert.ok(declined.fl.kind === 'decline' && /takes part from the next/.test(declined.fl.reason));
    unknown.receive(model({ attempt: 'life.2' }));
    assert.deepEqual(unknown.kinds(), ['decline', 'secure']);
  });

  it('holds an update that is here before its model, for a while', () => {
    const { receive, kinds, clock, refused } = start();
    receive(join('a'));
    receive(update());
    receive(model());
    clock.advance(60_000);
    assert.deepEqual(kinds(), ['join', 'secure']);
    receive(update({ attempt: 'life.2' }));
    clock.advance(4999);
    assert.equal(kinds().length, 2);
    clock.advance(1);
    assert.deepEqual(kinds(), ['join', 'secure', 'decline']);
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['no-asking'],
    );
    assert.match(refused[0].message, /wire what comes from the aggregator/);
  });

  it('keeps statistics and samples back, and swallows what is for the clients alone', () => {
    const statistics = {
      fl: { kind: 'statistics', ...base, round: 0, client: 'a' },
      payload: Buffer.alloc(24),
    };
    const { receive, kinds } = start();
    assert.equal(receive(statistics), 'statistics');
    receive({ fl: { kind: 'invite', ...base, cohort: 'all' }, payload: Buffer.alloc(0) });
    receive({ fl: { kind: 'secure', ...base, step: 'keys', client: 'b' }, payload: Buffer.alloc(64) });
    assert.equal(
      receive({ fl: { kind: 'samples', count: 0, width: 1, targets: 0, split: 'train' }, payload: Buffer.alloc(0) }),
      'samples-stay',
    );
    assert.equal(receive({ payload: 1 }), 'no-header');
    assert.deepEqual(kinds(), []);
    const open = start('pass');
    assert.equal(open.receive(statistics), undefined);
    assert.deepEqual(open.kinds(), ['statistics']);
  });
});

describe('masks between what does not fit', () => {
  const clients = ['a', 'b', 'c', 'd'];

  it('an aggregator that asks for masks looks at no update without one', async () => {
    const toy = await toyFederation({ clients, options: { rounds: 1, minClients: 4, quorum: 3, secure } });
    for (const participant of toy.participants.values()) participant.samplesChanged();
    const before = [...toy.coordinator.snapshot().weights];
    await toy.settle();
    toy.clock.advance(60_000);
    await toy.settle();
    assert.ok(toy.refused.some(({ code, message }) => code === 'unmasked' && /through fl-secure-mask/.test(message)));
    assert.match(toy.metrics[0].void ?? '', /./);
    assert.deepEqual([...toy.coordinator.snapshot().weights], before);
    await toy.close();
  });

  it('an aggregator that does not ask for them gets none, and the clients decline', async () => {
    const toy = await maskedToy({ clients, options: { secure: undefined, rounds: 1 } });
    await toy.settle();
    assert.ok(toy.metrics.length > 0 && toy.metrics.every((told) => told.void !== undefined && told.declined === 4));
    assert.ok(toy.complaints.every(({ code }) => code === 'not-secure'));
    await toy.close();
  });

  it('decodes what was done to an update before, as the 8 bits of a board', async () => {
    const eight = (message: Message<FederationHeader>): Message<FederationHeader> => {
      if (message.fl.kind !== 'update') return message;
      const { fl, payload } = message;
      const coded = applyCodec({ fl, payload }, 'quantize', { bits: 8 });
      return { fl: { ...fl, codecs: coded.codecs }, payload: coded.payload };
    };
    const toy = await maskedToy({ clients, made: eight, options: { rounds: 1 } });
    const plain = await toyFederation({ clients, up: eight, options: { rounds: 1, minClients: 4, quorum: 3 } });
    for (const participant of plain.participants.values()) participant.samplesChanged();
    await Promise.all([toy.settle(), plain.settle()]);
    const [found, wanted] = [toy, plain].map(({ coordinator }) => coordinator.snapshot().weights);
    assert.deepEqual([toy.refused, toy.complaints], [[], []]);
    for (const [i, value] of wanted.entries()) assert.ok(Math.abs(found[i] - value) < 1e-3);
    assert.equal(toy.coordinator.snapshot().phase, 'finished');
    await toy.close();
    await plain.close();
  });

  it('never adds up updates that state unlike privacy, and refuses central noise', async () => {
    const claim = { mode: 'local', clippingNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 } as const;
    const noisy =
      (mode: 'local' | 'central', who: string) =>
      (message: Message<FederationHeader>): Message<FederationHeader> =>
        message.fl.kind === 'update' && who.includes(message.fl.client)
          ? { ...message, fl: { ...message.fl, privacy: { ...claim, mode } } }
          : message;
    const toy = await maskedToy({ clients, made: noisy('local', 'abc'), options: { rounds: 1 } });
    await toy.settle();
    const refusals = toy.refused.map(({ code }) => code);
    assert.ok(refusals.length > 0 && refusals.every((code) => code === 'privacy-mismatch'), refusals.join());
    for (const { updates, privacy, void: reason } of toy.metrics) {
      if (reason === undefined) assert.deepEqual([updates, privacy], [3, claim]);
    }
    await toy.close();
    const central = await maskedToy({ clients, made: noisy('central', 'abcd'), options: { rounds: 1 } });
    await central.settle();
    assert.ok(central.refused.length > 0 && central.refused.every(({ code }) => code === 'privacy-secure'));
    await central.close();
  });
});
