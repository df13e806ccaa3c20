/** What clients tell before the first round: counts of labels besides the sums of their features. */
import assert from 'node:assert/strict';
import { sampleBank } from '../../../lib/data/sample-bank';
import type { Unlikeness } from '../../../lib/data/unlikeness';
import {
  type CoordinatorParts,
  type FederatedModel,
  federatedModel,
  federationOptions,
  gatewayLearner,
  type Learner,
} from '../../../lib/federation';
import type { StateRecord } from '../../../lib/state/store';
import type { FederationHeader, Message, StatisticsHeader } from '../../../lib/update/message';
import { type Toy, toyFederation } from './toy';

const spec = {
  version: 1,
  task: 'classify',
  input: [1],
  layers: [{ type: 'dense', units: 3, activation: 'softmax' }],
  loss: 'softmax_cross_entropy',
  labels: ['good', 'worn', 'broken'],
  seed: 1,
} as const;
const model = (normalisation: FederatedModel['normalisation']): FederatedModel =>
  federatedModel({ ...spec, input: [1], layers: [...spec.layers], labels: [...spec.labels] }, normalisation);

/** Holds `counts[c]` samples of class c. */
function learnerOf(counts: number[]): Learner {
  const bank = sampleBank({ width: 1, targetWidth: 1, capacity: 1000, eviction: 'oldest' });
  const targets = Float32Array.from(counts.flatMap((n, label) => new Array<number>(n).fill(label)));
  bank.add({ features: targets.map((label, i) => label + i), targets, count: targets.length });
  const train = async (job: { weights: Float32Array }) => ({
    weights: job.weights,
    steps: 1,
    loss: 1,
    firstLoss: 1,
    durationMs: 1,
  });
  return gatewayLearner({ model: model('federated'), bank, train });
}

interface Wish {
  normalisation?: FederatedModel['normalisation'];
  options?: Parameters<typeof federationOptions>[0];
  learners: Record<string, Learner>;
  store?: CoordinatorParts['store'];
  up?: (message: Message<FederationHeader>) => unknown;
}
async function federation({
  normalisation = 'federated',
  options,
  learners,
  store,
  up,
}: Wish): Promise<{ toy: Toy; told: Unlikeness[] }> {
  const told: Unlikeness[] = [];
  const toy = await toyFederation({
    options: { rounds: 1, minClients: Object.keys(learners).length, quorum: 1, deadlineMs: 1000, ...options },
    parts: { model: model(normalisation), onUnlikeness: (report) => told.push(report), ...(store ? { store } : {}) },
    up,
  });
  for (const [client, learner] of Object.entries(learners))
    toy.add(client, { learner, model: model(normalisation) }).samplesChanged();
  await toy.settle();
  return { toy, told };
}
const sentOf = <K extends FederationHeader['kind']>(
  toy: Toy,
  kind: K,
): Message<Extract<FederationHeader, { kind: K }>>[] =>
  toy.sent.filter((message): message is Message<Extract<FederationHeader, { kind: K }>> => message.fl.kind === kind);
const balanced = { name: 'balanced', cap: 100 } as const;

describe('label counts of a federation', () => {
  it('become the weights of the classes, the same for all', async () => {
    const { toy, told } = await federation({
      options: { classWeighting: balanced },
      learners: { a: learnerOf([6, 2, 0]), b: learnerOf([2, 0, 2]) },
    });
    const [asked] = sentOf(toy, 'model').filter(({ fl }) => fl.cohort.length > 0);
    // 12 samples of 3 classes: 8, 2 and 2.
    assert.deepEqual(asked.fl.training.classWeights, [12 / 24, 12 / 6, 12 / 6]);
    assert.equal(told.length, 0, 'the report was not asked for');
    await toy.close();
  });

  it('are kept through a restart', async () => {
    const records = new Map<string, StateRecord>();
    const store = {
      read: async (name: string) => records.get(name),
      write: async (name: string, record: StateRecord) => {
        records.set(name, structuredClone(record));
      },
    };
    const learners = () => ({ a: learnerOf([6, 2, 0]), b: learnerOf([2, 0, 2]) });
    const first = await federation({ options: { classWeighting: balanced, rounds: 1 }, learners: learners(), store });
    await first.toy.close();
    const second = await federation({ options: { classWeighting: balanced, rounds: 2 }, learners: learners(), store });
    const again = sentOf(second.toy, 'model').filter(({ fl }) => fl.cohort.length > 0);
    assert.deepEqual(
      again.map(({ fl }) => [fl.round, fl.training.classWeights]),
      [[2, [12 / 24, 12 / 6, 12 / 6]]],
    );
    assert.equal(sentOf(second.toy, 'statistics-request').length, 0);
    await second.toy.close();
    // One that began without counting says so, and trains without weights.
    records.clear();
    const plain = await federation({ options: { rounds: 1 }, learners: learners(), store });
    await plain.toy.close();
    const late = await federation({ options: { classWeighting: balanced, rounds: 2 }, learners: learners(), store });
    assert.ok(late.toy.refused.some(({ code }) => code === 'no-counts'));
    assert.equal(sentOf(late.toy, 'model')[0].fl.training.classWeights, undefined);
    await late.toy.close();
  });

  it('tell once how unlike the clients are, without any sums when those are not needed', async () => {
    const { toy, told } = await federation({
      normalisation: 'none',
      options: { unlikeness: true, rounds: 2 },
      learners: { b: learnerOf([0, 5, 0]), a: learnerOf([5, 0, 0]) },
    });
    for (const { fl, payload } of sentOf(toy, 'statistics')) {
      assert.deepEqual([fl.labels, payload.length], [3, 8 * 4]);
    }
    assert.equal(told.length, 1);
    assert.deepEqual(
      told[0].clients.map(({ client, counts }) => [client, counts]),
      [
        ['a', [5, 0, 0]],
        ['b', [0, 5, 0]],
      ],
    );
    assert.equal(told[0].pairs?.mean.totalVariation, 1);
    assert.equal(toy.metrics.length, 2);
    assert.equal(sentOf(toy, 'model')[0].fl.training.classWeights, undefined);
    await toy.close();
  });

  it('are not asked for, nor told, when nobody wants them', async () => {
    const { toy } = await federation({ learners: { a: learnerOf([3, 3, 3]) } });
    assert.equal(sentOf(toy, 'statistics-request')[0].fl.labels, undefined);
    assert.equal(sentOf(toy, 'statistics')[0].payload.length, 8 * 3);
    await toy.close();
  });

  it('of a learner that does not know them are left out, and its sums count', async () => {
    const { labelCounts: _, ...silent } = learnerOf([9, 0, 0]);
    const { toy, told } = await federation({
      options: { unlikeness: true, classWeighting: balanced },
      learners: { a: learnerOf([1, 1, 1]), board: { ...silent, count: 9 } },
    });
    assert.deepEqual(told[0].pooled, [1, 1, 1]);
    assert.deepEqual(sentOf(toy, 'model')[0].fl.training.classWeights, [1, 1, 1]);
    const { normalisation } = toy.coordinator.snapshot();
    // 12 numbers: 0, 2, 4 of the one, 0 to 8 of the other.
    assert.ok(Math.abs((normalisation?.mean[0] ?? 0) - (0 + 2 + 4 + 36) / 12) < 1e-9);
    await toy.close();
  });

  it('that cannot be are refused: too many, too few, none asked for, no whole numbers', async () => {
    const lie = (change: (fl: StatisticsHeader, numbers: number[]) => [StatisticsHeader, number[]]) =>
      federation({
        options: { unlikeness: true, quorum: 2 },
        learners: { a: learnerOf([2, 2, 2]), b: learnerOf([2, 2, 2]), liar: learnerOf([2, 2, 2]) },
        up(message) {
          const { fl, payload } = message;
          if (fl.kind !== 'statistics' || fl.client !== 'liar') return message;
          const [header, numbers] = change(
            fl,
            Array.from({ length: payload.length / 8 }, (_, i) => payload.readDoubleLE(8 * i)),
          );
          return { fl: header, payload: Buffer.from(Float64Array.from(numbers).buffer) };
        },
      });
    const cases: Parameters<typeof lie>[0][] = [
      (fl, numbers) => [fl, [...numbers.slice(0, 3), 2, 2, 3]],
      (fl, numbers) => [fl, [...numbers.slice(0, 3), 1.5, 2.5, 2]],
      (fl, numbers) => [fl, [...numbers.slice(0, 3), -1, 5, 2]],
      (fl, numbers) => [{ ...fl, labels: 5 }, [...numbers, 0, 0]],
      (fl, numbers) => [{ ...fl, labels: 1 }, [...numbers.slice(0, 3), 6]],
      (fl) => [{ ...fl, labels: 3 }, [6, 2, 2, 2]],
      (fl, numbers) => [fl, [...numbers.slice(0, 5), Number.NaN]],
    ];
    for (const change of cases) {
      const { toy, told } = await lie(change);
      await toy.clock.advance(1000);
      await toy.settle();
      assert.ok(toy.refused.length > 0);
      assert.deepEqual(
        told.map(({ pooled }) => pooled),
        [[4, 4, 4]],
      );
      await toy.close();
    }
  });

  it('are counted again every few rounds: who came later and what piled up is in the weights of the round after', async () => {
    const { toy, told } = await federation({
      options: { classWeighting: balanced, unlikeness: true, rounds: 6, countEvery: 2, pauseMs: 1000, minClients: 2 },
      learners: { a: learnerOf([6, 2, 0]), b: learnerOf([2, 0, 2]) },
    });
    toy.add('late', { learner: learnerOf([0, 0, 12]), model: model('federated') }).samplesChanged();
    for (let round = 2; round <= 6; round++) {
      await toy.clock.advance(1000);
      await toy.settle();
    }
    const before = [12 / 24, 12 / 6, 12 / 6];
    // 8, 2 and 14 of 24.
    const after = [24 / 24, 24 / 6, 24 / 42];
    assert.deepEqual(
      sentOf(toy, 'model').flatMap(({ fl }) => (fl.cohort.length > 0 ? [fl.training.classWeights] : [])),
      [before, before, before, after, after, after],
    );
    // In round 0 with the sums; beside rounds 3 and 5 the counts alone.
    assert.deepEqual(
      sentOf(toy, 'statistics-request').map(({ fl }) => [fl.round, fl.sums, fl.labels, fl.cohort]),
      [
        [0, undefined, 3, ['a', 'b']],
        [3, false, 3, 'all'],
        [5, false, 3, 'all'],
      ],
    );
    assert.deepEqual(
      told.map(({ pooled }) => pooled),
      [
        [8, 2, 2],
        [8, 2, 14],
        [8, 2, 14],
      ],
    );
    const bytes = toy.metrics.map(({ bytesUp }) => bytesUp);
    // Three clients from round 2 on; a count and three more of 8 bytes each.
    assert.deepEqual([bytes[2] - bytes[1], bytes[3] - bytes[1]], [3 * 8 * 4, 0]);
    assert.deepEqual(toy.refused, []);
    await toy.close();
  });

  it('stay as they were when too few tell them again, or what is told cannot be', async () => {
    const { toy } = await federation({
      options: { classWeighting: balanced, rounds: 4, countEvery: 1, pauseMs: 1000, quorum: 3 },
      learners: {
        a: learnerOf([6, 2, 0]),
        silent: learnerOf([2, 0, 2]),
        liar: learnerOf([1, 1, 1]),
      },
      up(message) {
        const { fl, payload } = message;
        if (fl.kind !== 'statistics' || fl.round === 0) return message;
        if (fl.client === 'silent') {
          return { fl: { ...fl, kind: 'decline', reason: 'No.', labels: undefined }, payload: Buffer.alloc(0) };
        }
        if (fl.client === 'liar') payload.writeDoubleLE(0.5, 8);
        return message;
      },
    });
    for (let round = 2; round <= 4; round++) {
      await toy.clock.advance(1000);
      await toy.settle();
    }
    const weights = sentOf(toy, 'model').flatMap(({ fl }) => (fl.cohort.length > 0 ? [fl.training.classWeights] : []));
    assert.equal(weights.length, 4);
    for (const one of weights) assert.deepEqual(one, weights[0]);
    assert.equal(toy.metrics.length, 4);
    assert.deepEqual(
      toy.metrics.map(({ updates, declined }) => [updates, declined]),
      new Array(4).fill([3, 0]),
    );
    assert.deepEqual(
      toy.refused.map(({ code }) => code),
      ['statistics', 'statistics', 'statistics'],
    );
    await toy.close();
  });

  it('are counted again for what needs them only, and beside rounds', () => {
    const async = { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 4 } as const;
    const wishes: Parameters<typeof federationOptions>[0][] = [
      { countEvery: 2 },
      { countEvery: 0, unlikeness: true },
      { countEvery: 1.5, unlikeness: true },
      { countEvery: 2, unlikeness: true, timing: async },
    ];
    for (const wish of wishes) assert.throws(() => federationOptions(wish), { code: 'bad-setting' });
    assert.equal(federationOptions({ unlikeness: true, timing: async }).countEvery, undefined);
    assert.equal(federationOptions({ countEvery: 2, classWeighting: balanced }).countEvery, 2);
  });

  it('make sense for a classifier only, and not beside typed weights', () => {
    const training = {
      epochs: 1,
      batchSize: 1,
      optimizer: 'sgd',
      learningRate: 1,
      seed: 1,
      classWeights: [1, 2, 3],
    } as const;
    assert.throws(
      () => federationOptions({ classWeighting: balanced, training: { ...training, classWeights: [1, 2, 3] } }),
      {
        code: 'bad-setting',
      },
    );
  });
});
