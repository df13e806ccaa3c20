import assert from 'node:assert/strict';
import { createParticipant, type FederationOptions, type Participant, tensorSizes } from '../../../../lib/federation';
import { generator } from '../../../../lib/random/generator';
import type { FederationHeader, Message, ModelHeader } from '../../../../lib/update/message';
import { parseMessage } from '../../../../lib/update/validate';
import { readVector, vectorPayload } from '../../../../lib/update/vector';
import { quadraticLearner } from '../../federation/quadratic';
import { type Toy, type ToyWish, toyFederation, toyModel } from '../../federation/toy';
import { hostileValue, mutateBytes, mutateValue } from './mutate';

const clients = ['a', 'b', 'c'];
const options = { rounds: 6, minClients: 3, quorum: 3, deadlineMs: 1000 };

async function learned(wish: ToyWish): Promise<Toy> {
  const toy = await toyFederation({ clients, options, ...wish });
  await toy.settle();
  assert.equal(toy.coordinator.snapshot().phase, 'finished');
  return toy;
}

/** A join that the gate takes would rightly change who is asked. */
function isJoin(message: unknown): boolean {
  try {
    return parseMessage(message).fl.kind === 'join';
  } catch {
    return false;
  }
}

describe('fuzz of a federation', () => {
  const disturb = async (changes: Partial<FederationOptions>, each: number): Promise<void> => {
    const random = generator(3, 'fuzz federation');
    const wish = { options: { ...options, ...changes } };
    const undisturbed = await learned(wish);
    const past: Message<FederationHeader>[] = [];
    let sent = 0;

    /** An answer that no longer counts, or of nobody who was asked; most with something broken besides. */
    const wrongful = (now: Message<FederationHeader>): unknown => {
      const old = past.length > 0 && random.below(3) > 0;
      const from = old ? past[random.below(past.length)] : now;
      const fl: Record<string, unknown> = structuredClone({ ...from.fl });
      const message = { fl: fl as unknown, payload: from.payload as unknown };
      if (!old) {
        if (random.below(2) === 0) fl.client = `stranger-${random.below(5)}`;
        else fl.round = random.below(1000) + 50;
      }
      if (random.below(4) === 0) return message;
      if (random.below(4) === 0) message.payload = mutateBytes(from.payload, random);
      else if (random.below(8) === 0) message.payload = hostileValue(random);
      else {
        const { client, round, attempt } = fl;
        mutateValue(fl, random);
        // What makes it wrongful stays.
        Object.assign(fl, { client, round, attempt });
      }
      return message;
    };

    const disturbed = await learned({
      ...wish,
      up(message, deliver) {
        if (message.fl.kind === 'join') return message;
        for (let i = 0; i < each; i++) {
          const bad = wrongful(message);
          if (isJoin(bad)) continue;
          sent++;
          deliver(bad);
        }
        past.push(message);
        return message;
      },
    });
    assert.ok(sent > 16 * each, `${sent}`);
    assert.deepEqual(disturbed.coordinator.snapshot().weights, undisturbed.coordinator.snapshot().weights);
    assert.deepEqual(
      disturbed.metrics.map(({ cohort, updates, loss }) => [cohort, updates, loss]),
      undisturbed.metrics.map(({ cohort, updates, loss }) => [cohort, updates, loss]),
    );
    const codes = new Set(disturbed.refused.map(({ code }) => code));
    for (const code of ['late', 'header', 'payload-size']) assert.ok(codes.has(code), `${code} of ${[...codes]}`);
    await undisturbed.close();
    await disturbed.close();
  };

  it('learns the same bits among 20,000 replays, wrong rounds, foreign answers and mutations', () =>
    disturb({ strategy: { name: 'fedavg' } }, 1200));

  it('also where late answers count', () => disturb({ timing: { mode: 'rounds', late: { maxStaleness: 3 } } }, 300));

  it('also where clients hold updates back', () => disturb({ sending: { name: 'periodic', every: 2 } }, 300));

  it('also without rounds', () =>
    disturb(
      { rounds: 12, timing: { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 3, saveMs: 0 } },
      300,
    ));

  it('learns the same bits among 5,000 of them with second vectors, which clients keep their share of', () =>
    disturb({ strategy: { name: 'scaffold' } }, 300));

  it('a client of SCAFFOLD answers 5,000 mutated models with whole, finite updates or not at all, and then the right one', async () => {
    const random = generator(4, 'fuzz client');
    const model = toyModel();
    const size = model.layout.size;
    const client = { a: [1, 2, 3], b: [1, -1, 2], samples: 8 };
    const sent: Message<FederationHeader>[] = [];
    const codes = new Set<string>();
    const create = () =>
      createParticipant({
        federation: 'toy',
        client: 'a',
        model,
        learner: quadraticLearner(client),
        send: (message) => sent.push(message),
        onRefused: ({ code }) => codes.add(code),
      });
    const asked = (attempt: string): Message<ModelHeader> => ({
      fl: {
        kind: 'model',
        ...{ federation: 'toy', model: model.fingerprint, round: 4, attempt },
        ...{ cohort: ['a', 'b'], settled: [0, 3], deadlineMs: 1000, quorum: 1 },
        training: { epochs: 3, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
        local: { name: 'scaffold', option: 2 },
        tensors: tensorSizes(model.layout, 2),
        codecs: [],
      },
      payload: vectorPayload(Float32Array.of(1, 2, 3, 0.5, -0.5, 0.25)),
    });
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const participant = create();
    for (let i = 0; i < 5000; i++) {
      const { fl, payload } = asked(`x.${i}`);
      const header: Record<string, unknown> = structuredClone({ ...fl });
      const bytes = random.below(2) === 0 ? mutateBytes(payload, random) : payload;
      if (bytes === payload || random.below(4) === 0) mutateValue(header, random);
      participant.receive({ fl: header, payload: random.below(20) === 0 ? hostileValue(random) : bytes });
      if (i % 10 === 0) await settle();
    }
    await settle();
    const updates = sent.filter(({ fl }) => fl.kind === 'update');
    assert.ok(updates.length > 100, `${updates.length}`);
    for (const message of updates) {
      const { payload, fl } = parseMessage(message);
      assert.ok(fl.kind === 'update');
      const behind = fl.tensors.length / model.layout.tensors.length;
      const numbers = readVector(payload, size * behind);
      assert.ok(numbers.every(Number.isFinite) && behind <= 2);
    }
    for (const code of ['header', 'payload-size', 'not-finite', 'norm-bound']) {
      assert.ok(codes.has(code), `${code} of ${[...codes]}`);
    }
    // What it was told to keep by others does not matter: none of its updates has counted.
    const answer = async (to: Participant): Promise<Buffer> => {
      sent.length = 0;
      to.receive(asked('y.1'));
      await settle();
      assert.equal(sent[0]?.fl.kind, 'update');
      return sent[0].payload;
    };
    const after = await answer(participant);
    assert.deepEqual(after, await answer(create()));
  });
});
