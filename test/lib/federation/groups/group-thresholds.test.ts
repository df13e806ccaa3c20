/** Where there are groups of clients, each has a threshold of its own: of its members' errors of its own model. */
import assert from 'node:assert/strict';
import type { GlobalModel } from '../../../../lib/federation';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../lib/federation/checkpoint';
import { parted } from '../../../../lib/federation/groups/parted';
import { groupThresholds, thresholdOfGroup, thresholdTold } from '../../../../lib/federation/threshold';
import { encodeSketch, sketchOf } from '../../../../lib/metrics/quantile-sketch';
import type { FederationHeader, Message, ModelHeader, Threshold } from '../../../../lib/update/message';
import { parseMessage } from '../../../../lib/update/validate';
import { refused } from '../../update/refused';
import { autoencoder } from '../autoencoder';
import { quadraticLearner } from '../quadratic';
import { toyFederation } from '../toy';

const model = autoencoder('none');
/** Where the clients of a kind have their least loss, and how large their errors are there. */
const kinds = [
  { b: [3, -2], scale: 1 },
  { b: [-3, 2], scale: 100 },
];
const SAMPLES = 20;
const kindOf = (client: string): number => Number(client.slice(-1)) % 2;

const isModel = (message: Message<FederationHeader>): message is Message<ModelHeader> => message.fl.kind === 'model';

for (const strategy of [{ name: 'ifca', groups: 2 }, { name: 'clustered' }] as const) {
  it(`${strategy.name}: each group is judged by its own threshold, in every message and to every client`, async () => {
    const heard = new Map<string, GlobalModel[]>();
    const toy = await toyFederation({
      parts: { model },
      options: {
        minClients: 6,
        quorum: 1,
        rounds: 60,
        training: { epochs: 5, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 3 },
        strategy,
        threshold: { quantile: 0.9 },
      },
    });
    for (let i = 0; i < 6; i++) {
      const client = `client-${i}`;
      const { b, scale } = kinds[kindOf(client)];
      const models: GlobalModel[] = [];
      heard.set(client, models);
      const learner = {
        ...quadraticLearner({ a: [1, 1], b: b.map((value) => value + i / 100), samples: SAMPLES }),
        hear: (global: GlobalModel) => models.push(global),
      };
      // Of a model that is not its own they are far larger.
      const errors = async ({ weights }: Pick<GlobalModel, 'weights'>) => {
        const away = Math.hypot(...b.map((value, j) => weights[j] - value));
        return encodeSketch(sketchOf(new Array(SAMPLES).fill(scale * (1 + away * away))));
      };
      toy.add(client, { model, learner, errors }).samplesChanged();
    }
    await toy.settle();
    assert.deepEqual(toy.refused, []);
    const groups = toy.metrics.at(-1)?.groups ?? [];
    assert.equal(groups.length, 2);
    const kindOfGroup = groups.map(({ clients }) => kindOf(clients[0]));
    const isOf = (threshold: Threshold | undefined, kind: number): void => {
      const { value = 0, samples } = threshold ?? {};
      const { scale } = kinds[kind];
      assert.ok(value > 0.95 * scale && value < 1.1 * scale, `${value} where ${scale} belongs`);
      assert.equal(samples, 3 * SAMPLES);
    };
    for (const [group, { threshold }] of groups.entries()) isOf(threshold, kindOfGroup[group]);
    const late = toy.sent.filter(isModel).filter(({ fl }) => fl.round > 50);
    assert.ok(late.length > 10);
    for (const message of late) {
      parseMessage(message);
      for (const { group, message: part } of parted(message)) {
        isOf(part.fl.threshold, kindOfGroup[group]);
        assert.equal(part.fl.threshold?.groups, undefined);
      }
    }
    for (const [client, models] of heard) {
      const last = models.at(-1);
      assert.equal(last?.round, 61);
      const { scale } = kinds[kindOf(client)];
      assert.ok(Math.abs((last?.threshold ?? 0) / scale - 1) < 0.1, `${client}: ${last?.threshold}`);
    }
    // All together would be judged by the loudest.
    assert.ok((toy.metrics.at(-1)?.threshold?.value ?? 0) > 90);
    await toy.close();
  });
}

describe('thresholds of groups', () => {
  const known: Threshold = { quantile: 0.9, value: 5, samples: 10, round: 3 };
  const errorsOf = (value: number) => ({ errors: encodeSketch(sketchOf([value, value])) });

  it('stay as they were where nobody tells, and are unknown where nobody ever did', () => {
    const [told, silent, never] = groupThresholds([[errorsOf(2)], [{}], []], { quantile: 0.9 }, 4, [known, known]);
    assert.equal(told?.round, 4);
    assert.ok(Math.abs((told?.value ?? 0) - 2) < 0.05);
    assert.deepEqual([silent, never], [known, null]);
  });

  it('are told of one group or of all; where nothing is known of a group, that of all serves', () => {
    const wanted = { quantile: 0.9 };
    const pooled = { ...known, value: 50 };
    assert.deepEqual(thresholdTold(wanted, undefined, undefined, { models: 2 }), wanted);
    assert.deepEqual(thresholdTold(wanted, pooled, undefined, { group: 1, models: 1 }), pooled);
    assert.deepEqual(thresholdTold(wanted, pooled, [null, known], { group: 1, models: 1 }), known);
    assert.deepEqual(thresholdTold(wanted, pooled, [null, known], { group: 0, models: 1 }), pooled);
    // Those on their way to a group.
    assert.deepEqual(thresholdTold(wanted, pooled, [null, known], { group: -1, models: 1 }), pooled);
    const all = thresholdTold(wanted, pooled, [null, known], { models: 2 });
    assert.deepEqual(all.groups, [null, { value: 5, samples: 10 }]);
    assert.deepEqual(thresholdOfGroup(all, 0), pooled);
    assert.equal(thresholdOfGroup(all, 1).value, 5);
  });

  it('are kept through a restart', () => {
    const learned = {
      weights: new Float32Array(2),
      strategy: 'ifca',
      strategyState: { numbers: {}, vectors: {} },
      settlement: new Map<string, number>(),
      threshold: known,
      groupThresholds: [null, known],
      bytesUp: 0,
      bytesDown: 0,
    };
    const kept = { round: 4, running: true, begun: true, heard: true, sampler: '', clients: [] };
    const record = structuredClone(encodeCheckpoint(model.fingerprint, kept, learned));
    assert.deepEqual(decodeCheckpoint(record, model).learned.groupThresholds, [null, known]);
  });

  it('that are rubbish are refused', () => {
    const header = (groups: unknown) => ({
      fl: {
        ...{ kind: 'model', federation: 'f', model: model.fingerprint, round: 2, attempt: 'a.1', cohort: [] },
        ...{ deadlineMs: 1000, quorum: 1, tensors: [[2, 1]], codecs: [], threshold: { ...known, groups } },
        training: { epochs: 1, batchSize: 1, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
      },
      payload: Buffer.alloc(8),
    });
    const { fl } = parseMessage(header([null, { value: 1, samples: 2, other: 'dropped' }]));
    assert.ok(fl.kind === 'model');
    assert.deepEqual(fl.threshold?.groups, [null, { value: 1, samples: 2 }]);
    for (const groups of [[], 'all', [5], [{ value: -1, samples: 1 }], [{ value: 1 }], new Array(65).fill(null)]) {
      refused('header', () => parseMessage(header(groups)));
    }
  });
});
