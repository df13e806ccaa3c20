/**
 * SCAFFOLD, and FedDyn likewise, behind a filter that leaves some of its updates out. The clients' c_i are of what they made and the aggregator's c of what
 * came, so that c - mean c_i is the mean of all that was left out so far: without feedback it piles up, and where the clients come to
 * rest the mean gradient is minus that. With feedback it is what is left out at present, and no more.
 */
import assert from 'node:assert/strict';
import { localMemory } from '../../../lib/federation/local/memory';
import type { StrategyOptions } from '../../../lib/federation/strategies/options';
import { createResiduals } from '../../../lib/residual';
import { applyCodec, type Coded } from '../../../lib/update/codecs/registry';
import type { Message, UpdateHeader } from '../../../lib/update/message';
import { readVector } from '../../../lib/update/vector';
import { optimumOf, type Quadratic, quadraticLearner } from '../federation/quadratic';
import { type Toy, toyFederation, toyModel } from '../federation/toy';

const clients: Quadratic[] = [
  { a: [1, 0.5, 2], b: [3, -2, 1.1], samples: 10 },
  { a: [0.7, 1, 1], b: [-3, 2.3, 0.8], samples: 10 },
  { a: [1.3, 0.8, 0.6], b: [1.2, -0.1, -2], samples: 10 },
];
const optimum = optimumOf(clients, () => 1);
const names = clients.map((_, i) => `client-${i}`);
const rounds = 80;

type Compress = (update: Pick<Message<UpdateHeader>, 'fl' | 'payload'>) => Coded;
const isUpdate = (message: Message): message is Message<UpdateHeader> => message.fl.kind === 'update';

async function federate(compress: Compress, feedback: boolean, strategy: StrategyOptions) {
  const residuals = createResiduals('filter');
  const toy: Toy = await toyFederation({
    options: {
      rounds,
      minClients: 3,
      quorum: 3,
      strategy,
      training: { epochs: 3, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
    },
    up(message, deliver) {
      if (!isUpdate(message)) return message;
      if (!feedback)
        return { fl: { ...message.fl, codecs: compress(message).codecs }, payload: compress(message).payload };
      residuals.compress(message, { name: 'residual' }, compress).then(deliver);
      return undefined;
    },
  });
  const memories = names.map((name) => localMemory(name));
  for (const [i, name] of names.entries()) {
    toy.add(name, { learner: quadraticLearner(clients[i]), memory: memories[i] }).samplesChanged();
  }
  await toy.settle();
  assert.deepEqual(toy.refused, []);
  assert.equal(toy.metrics.length, rounds);
  const away = Math.hypot(...toy.coordinator.snapshot().weights.map((w, j) => w - optimum[j]));
  await toy.close();
  return { sent: toy.sent, memories, away };
}

/** How far the end is from the optimum, c - mean c_i, and the mean gradient there. */
async function run(compress: Compress, feedback: boolean) {
  const { sent, memories, away } = await federate(compress, feedback, { name: 'scaffold' });
  const { fl, payload } = sent.filter((message) => message.fl.kind === 'model').at(-2) as Message;
  assert.ok(fl.kind === 'model' && fl.cohort.length > 0);
  // c of the last round that was asked, and c_i as they were then.
  const both = readVector(payload, 6);
  const key = { rule: 'scaffold', model: toyModel().fingerprint, size: 3 };
  const own = await Promise.all(memories.map((memory) => memory.recall(key, rounds - 1)));
  const mean = [0, 1, 2].map((j) => own.reduce((sum, c) => sum + (c?.[j] ?? Number.NaN), 0) / 3);
  const model = [...both.subarray(0, 3)];
  const gradient = model.map((w, j) => clients.reduce((sum, { a, b }) => sum + a[j] * (w - b[j]), 0) / 3);
  return {
    away,
    drift: mean.map((c, j) => both[3 + j] - c),
    gradient,
  };
}

const size = (vector: number[]): number => Math.hypot(...vector);
const ways: Record<string, Compress> = {
  'a grid of 3 bits': (one) => applyCodec(one, 'quantize', { bits: 3 }),
  'the greater half of the numbers': (one) => applyCodec(one, 'sparsify', { method: 'top-k', share: 0.5, per: 'all' }),
};

describe('strategies with vectors at the clients, behind a filter that leaves something out', () => {
  for (const [name, compress] of Object.entries(ways)) {
    it(`${name}: c of SCAFFOLD parts from the clients' without feedback, and with it both come to rest at the optimum`, async () => {
      const [plain, fed] = [await run(compress, false), await run(compress, true)];
      // At rest all steps are zero: the mean gradient is mean c_i - c.
      assert.ok(
        size(plain.drift.map((d, j) => d + plain.gradient[j])) < 0.02 * size(plain.drift),
        `${plain.drift}, ${plain.gradient}`,
      );
      assert.ok(size(plain.drift) > 0.05, `${plain.drift}`);
      assert.ok(plain.away > 0.05, `${plain.away}`);
      assert.ok(size(fed.drift) < 1e-4, `${fed.drift}`);
      assert.ok(fed.away < 1e-4, `${fed.away}`);
    });

    it(`${name}: FedDyn comes to rest at the optimum with feedback only`, async () => {
      const strategy = { name: 'feddyn', alpha: 1 } as const;
      const [plain, fed] = [await federate(compress, false, strategy), await federate(compress, true, strategy)];
      assert.ok(plain.away > 0.02, `${plain.away}`);
      assert.ok(fed.away < 1e-3, `${fed.away}`);
    });
  }
});
