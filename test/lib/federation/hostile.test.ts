/** What arrives from outside: none of it stops a federation, and none of what is refused reaches the model. */
import assert from 'node:assert/strict';
import { type Generator, generator } from '../../../lib/random/generator';
import { applyCodec } from '../../../lib/update/codecs/registry';
import type { FederationHeader, Message, PrivacyClaim, UpdateHeader } from '../../../lib/update/message';
import { type Toy, toyFederation } from './toy';

const clients = ['a', 'b', 'c'];
const options = { rounds: 0, minClients: 3, quorum: 2, deadlineMs: 1000 };

const floats = (...numbers: number[]): Buffer => Buffer.from(Float32Array.from(numbers).buffer);

/** In round 1, with the honest updates held back. */
async function collecting(): Promise<{ toy: Toy; updates: Map<string, Message<UpdateHeader>> }> {
  const updates = new Map<string, Message<UpdateHeader>>();
  const toy = await toyFederation({
    clients,
    options,
    up(message) {
      const { fl, payload } = message;
      if (fl.kind !== 'update') return message;
      updates.set(fl.client, { fl, payload });
      return undefined;
    },
  });
  await toy.settle();
  assert.equal(updates.size, 3);
  return { toy, updates };
}

const honest = (updates: Map<string, Message<UpdateHeader>>, client: string): Message<UpdateHeader> => {
  const update = updates.get(client);
  assert.ok(update);
  return update;
};

describe('the coordinator and hostile messages', () => {
  it('refuses each with its code, in a sentence that says what to do', async () => {
    const { toy, updates } = await collecting();
    const { fl, payload } = honest(updates, 'a');
    const claim: PrivacyClaim = { mode: 'central', clippingNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 };
    const cases: [unknown, string][] = [
      [null, 'message'],
      ['start', 'message'],
      [{ payload: {} }, 'no-header'],
      [
        { fl: { ...fl, kind: 'samples', count: 1, width: 2, targets: 1, split: 'train' }, payload: floats(1, 2, 3) },
        'wrong-kind',
      ],
      [{ fl: { ...fl, kind: 'evil' }, payload }, 'unknown-kind'],
      [{ fl: { ...fl, federation: 'other' }, payload }, 'wrong-federation'],
      [{ fl: { ...fl, model: 'f'.repeat(64) }, payload }, 'wrong-model'],
      [{ fl, payload: payload.toString() }, 'payload-text'],
      [{ fl, payload: JSON.parse(JSON.stringify(payload)) }, 'payload-json'],
      [{ fl, payload: payload.subarray(4) }, 'payload-size'],
      [{ fl: { ...fl, samples: 0 }, payload }, 'header'],
      [{ fl: { ...fl, samples: -3 }, payload }, 'header'],
      [{ fl: { ...fl, round: 2 }, payload }, 'wrong-round'],
      [{ fl: { ...fl, round: 0 }, payload }, 'late'],
      [{ fl: { ...fl, attempt: 'x.1' }, payload }, 'late'],
      [{ fl: { ...fl, client: '__proto__' }, payload }, 'not-asked'],
      [{ fl: { ...fl, tensors: [[3, 1]] }, payload }, 'wrong-tensors'],
      [{ fl, payload: floats(1, Number.NaN, 0) }, 'not-finite'],
      [{ fl, payload: floats(1, Number.NEGATIVE_INFINITY, 0) }, 'not-finite'],
      [{ fl, payload: floats(1e30, 0, 0) }, 'norm-bound'],
      [{ fl: { ...fl, codecs: [{ name: 'zip' }] }, payload }, 'codec-unknown'],
      [{ fl: { ...fl, codecs: [{ name: 'quantize', bits: 8 }] }, payload }, 'codec-parameters'],
      [{ fl: { ...fl, kind: 'statistics' }, payload: Buffer.alloc(40) }, 'late'],
      [
        {
          fl: {
            ...fl,
            kind: 'model',
            attempt: 'x.1',
            cohort: [],
            quorum: 1,
            training: { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 1, seed: 1 },
          },
          payload,
        },
        'two-aggregators',
      ],
      [{ fl: { ...fl, privacy: { ...claim, clippingNorm: -1 } }, payload }, 'header'],
    ];
    const before = toy.coordinator.snapshot();
    for (const [message, code] of cases) {
      toy.refused.length = 0;
      toy.coordinator.receive(message);
      assert.deepEqual(
        toy.refused.map((refused) => refused.code),
        [code],
      );
      assert.match(toy.refused[0].message, /^([A-Z"]|msg\.).*[.]$/);
    }
    assert.equal(toy.coordinator.snapshot().round, before.round);
    assert.deepEqual(toy.coordinator.snapshot().weights, before.weights);
    // a sent rubbish in its own name, and is heard all the same when it sends what is right.
    for (const client of clients) toy.coordinator.receive(honest(updates, client));
    await toy.settle();
    assert.equal(toy.metrics[0].updates, 3);
    const { refused } = toy.metrics[0];
    assert.deepEqual([refused.header, refused['not-finite'], refused['wrong-tensors']], [3, 2, 1]);
    await toy.close();
  });

  it('takes its own echo for nothing', async () => {
    const { toy } = await collecting();
    for (const message of toy.sent)
      if (message.fl.kind !== 'join' && !('client' in message.fl)) toy.coordinator.receive(message);
    assert.deepEqual(toy.refused, []);
    await toy.close();
  });

  it('gives the mean of what was sent, decoded', async () => {
    const { toy, updates } = await collecting();
    const { weights } = toy.coordinator.snapshot();
    let expected = [0, 0, 0];
    for (const client of clients) {
      const { fl, payload } = honest(updates, client);
      const vector = Array.from({ length: 3 }, (_, i) => payload.readFloatLE(4 * i));
      expected = expected.map((sum, i) => sum + vector[i] / 3);
      const coded = applyCodec({ fl, payload }, 'quantize', { bits: 16 });
      toy.coordinator.receive({ fl: { ...fl, codecs: coded.codecs }, payload: coded.payload });
      assert.ok(coded.payload.length !== payload.length);
    }
    await toy.settle();
    const after = toy.coordinator.snapshot();
    after.weights.forEach((weight, i) => {
      assert.ok(
        Math.abs(weight - weights[i] - expected[i]) < 1e-3,
        `${weight - weights[i]} where ${expected[i]} belongs`,
      );
    });
    const norm = Math.hypot(...after.weights.map((weight, i) => weight - weights[i]));
    assert.ok(Math.abs(toy.metrics[0].updateNorm - norm) < 1e-6);
    await toy.close();
  });

  it('holds updates to the norm of central privacy, and adds noise to the mean once', async () => {
    const { toy, updates } = await collecting();
    const before = toy.coordinator.snapshot().weights;
    const privacy: PrivacyClaim = {
      mode: 'central',
      clippingNorm: 0.5,
      noiseMultiplier: 1e-9,
      delta: 1e-5,
      epsilon: 1,
    };
    // The claim is a lie: none was clipped. And the many samples of one are not to count more.
    for (const [client, vector, samples, epsilon] of [
      ['a', [300, 400, 0], 1_000_000, 1],
      ['b', [0, 0.5, 0], 1, 3],
      ['c', [0, 0, -0.1], 1, 2],
    ] as const) {
      const { fl } = honest(updates, client);
      toy.coordinator.receive({ fl: { ...fl, samples, privacy: { ...privacy, epsilon } }, payload: floats(...vector) });
    }
    await toy.settle();
    const after = toy.coordinator.snapshot().weights;
    [0.3 / 3, 0.9 / 3, -0.1 / 3].forEach((expected, i) => {
      assert.ok(Math.abs(after[i] - before[i] - expected) < 1e-6, `${after[i] - before[i]} where ${expected} belongs`);
    });
    assert.deepEqual(toy.metrics[0].privacy, { ...privacy, epsilon: 3 });
    await toy.close();
  });

  it('under adaptive clipping takes only what was clipped to the norm of the round, and moves it by the bits', async () => {
    const { toy, updates } = await collecting();
    const adaptive = { firstNorm: 0.5, quantile: 0.5, rate: 0.2, step: 'geometric', countNoise: 1e-8 } as const;
    const privacy: PrivacyClaim = {
      ...{ mode: 'central', clippingNorm: 0.5, noiseMultiplier: 1e-9, delta: 1e-5, epsilon: 1 },
      adaptive,
    };
    const send = (client: string, change: Partial<PrivacyClaim>) => {
      const { fl } = honest(updates, client);
      toy.coordinator.receive({ fl: { ...fl, privacy: { ...privacy, ...change } }, payload: floats(0.1, 0, 0) });
    };
    // A larger norm would put more of its update into the mean than the noise is for.
    send('a', { within: true, clippingNorm: 5 });
    await toy.settle();
    assert.equal(toy.refused.at(-1)?.code, 'privacy-clipping');
    send('a', { within: false });
    send('b', { within: false });
    send('c', { within: true });
    await toy.settle();
    const [{ clipping, privacy: told, updates: counted }] = toy.metrics;
    assert.equal(counted, 3);
    // Nobody learns whose norm was within.
    assert.deepEqual(told, privacy);
    assert.ok(
      clipping && Math.abs(clipping.share - 1 / 3) < 1e-6 && Math.abs(clipping.next - 0.5 * Math.exp(0.2 / 6)) < 1e-6,
    );
    const model = toy.sent
      .map(({ fl }) => fl)
      .filter((fl) => fl.kind === 'model' && fl.round === 2)
      .at(-1);
    assert.ok(model?.kind === 'model');
    assert.deepEqual(model.central, { clippingNorm: clipping.next });
    // The clients have copied it into what they answer.
    const answer = updates.get('a')?.fl;
    assert.deepEqual([answer?.round, answer?.central], [2, { clippingNorm: clipping.next }]);
    await toy.close();
  });

  it('survives a flood of mutated messages, and goes on', async () => {
    const toy = await toyFederation({ clients, options: { ...options, deadlineMs: 1e6 } });
    toy.coordinator.command('pause');
    await toy.settle();
    const random = generator(11, 'fuzz');
    const samples = toy.sent.slice(0, 200);
    toy.coordinator.command('start');
    const registered = toy.coordinator.snapshot().registry.length;
    for (let i = 0; i < 20_000; i++) {
      const message = mutated(samples[random.below(samples.length)], random);
      toy.coordinator.receive(message);
      for (const participant of toy.participants.values()) if (i % 4 === 0) participant.receive(message);
    }
    await toy.settle();
    assert.ok(toy.coordinator.snapshot().registry.length <= registered + 1000);
    const { weights, round } = toy.coordinator.snapshot();
    assert.ok(weights.every((weight) => Number.isFinite(weight) && Math.abs(weight) < 100));
    toy.clock.advance(1e6);
    await toy.settle();
    assert.ok(toy.coordinator.snapshot().round >= round);
    await toy.close();
  });
});

const rubbish = (random: Generator): unknown =>
  [
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    2 ** 53,
    '',
    '__proto__',
    'x'.repeat(10_000),
    [],
    {},
    { length: 2 ** 32 },
    Buffer.alloc(3),
    Symbol('s'),
    () => 1,
    10n,
    new Date(Number.NaN),
    [[2 ** 31, 1]],
    JSON.parse('{"__proto__": {"polluted": true}}'),
  ][random.below(19)];

/** One thing wrong with an otherwise good message. */
function mutated(message: Message<FederationHeader>, random: Generator): unknown {
  const fl: Record<string, unknown> = { ...message.fl };
  const fields = Object.keys(fl);
  const field = fields[random.below(fields.length)];
  switch (random.below(6)) {
    case 0:
      return { fl: { ...fl, [field]: rubbish(random) }, payload: message.payload };
    case 1:
      delete fl[field];
      return { fl, payload: message.payload };
    case 2:
      return { fl, payload: rubbish(random) };
    case 3:
      return { fl, payload: message.payload.subarray(0, random.below(message.payload.length + 1)) };
    case 4: {
      const payload = Buffer.from(message.payload);
      if (payload.length > 0) payload[random.below(payload.length)] ^= 1 << random.below(8);
      return { fl: { ...fl, round: random.below(6) }, payload };
    }
    default:
      return message;
  }
}
