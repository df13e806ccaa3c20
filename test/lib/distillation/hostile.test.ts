/** What comes to a client of a federation of predictions from outside, or from a damaged disk: none of it stops it. */
import assert from 'node:assert/strict';
import {
  consensusModel,
  type DistillParts,
  decodeDistilled,
  distillLearner,
  distillOptions,
  encodeDistilled,
  type PublicRows,
  publicRows,
} from '../../../lib/distillation';
import { createParticipant, defaultOptions, federatedModel, tensorSizes } from '../../../lib/federation';
import { firstWeights } from '../../../lib/federation/federated-model';
import { parseSpec } from '../../../lib/model';
import { type Generator, generator } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';
import { checkTrainJob } from '../../../lib/training/check-job';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { FederationHeader, Message, ModelHeader } from '../../../lib/update/message';
import { parseMessage } from '../../../lib/update/validate';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { hostileValue, mutateBytes, mutateValue } from '../update/fuzz/mutate';
import { bankOf } from './federation';

const TRIALS = 3000;
const labels = ['a', 'b'];
const random = generator(12, 'hostile rows');
const block = (count: number) => ({
  features: Float32Array.from({ length: 3 * count }, () => random.normal()),
  targets: Float32Array.from({ length: count }, () => random.below(2)),
  count,
});
const rows = publicRows(block(8), 3);
const SIZE = 16;
const consensus = consensusModel({ digest: rows.digest, rows: 8, labels });
const network = federatedModel(
  parseSpec({ task: 'classify', input: [3], layers: [{ type: 'dense', units: 2, activation: 'softmax' }], labels }),
);
const engine = createCoreEngine();
const options = { ...defaultOptions.training, seed: 3 };

/** Trains at once, whatever the number of passes that a message asks for; what an engine would refuse it refuses. */
const learnerOf = (change: Partial<DistillParts> = {}) =>
  distillLearner({
    consensus,
    network,
    rows: () => rows,
    bank: bankOf(block(5)),
    async train(job) {
      checkTrainJob(job);
      const weights = job.weights.map((weight, i) => weight + 0.01 * (i % 3));
      return { weights, steps: 1, loss: 1, firstLoss: 1, durationMs: 0 };
    },
    predict: (job) => engine.predict(job),
    options: distillOptions({}),
    ...change,
  });

const modelOf = (round: number, weights: Float32Array): Message<ModelHeader> => ({
  fl: {
    kind: 'model',
    federation: 'f',
    model: consensus.fingerprint,
    round,
    attempt: `0000000000000-${round}.1`,
    cohort: ['c'],
    deadlineMs: 1000,
    quorum: 1,
    training: options,
    tensors: tensorSizes(consensus.layout),
    codecs: [],
  },
  payload: vectorPayload(weights),
});

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe('fuzz of a client of a federation of predictions', () => {
  it(`answers a model that was mutated with predictions or a sentence, and then a sound one (${TRIALS} models)`, async () => {
    const sent: Message<FederationHeader>[] = [];
    const refused: RefusedError[] = [];
    const parts = {
      federation: 'f',
      client: 'c',
      model: consensus,
      send: (message: Message<FederationHeader>) => sent.push(message),
      onRefused: (one: RefusedError) => refused.push(one),
    };
    let participant = createParticipant({ ...parts, learner: learnerOf() });
    for (let trial = 1; trial <= TRIALS; trial++) {
      const scale = 10 ** random.below(12);
      const sound = modelOf(
        trial,
        Float32Array.from({ length: SIZE }, () => scale * random.normal()),
      );
      const fl: object = structuredClone(sound.fl);
      const kind = random.below(3);
      if (kind !== 0) mutateValue(fl, random);
      const payload: unknown = kind === 1 ? sound.payload : mutateBytes(sound.payload, random);
      participant.receive({ fl, payload });
      if (trial % 10 === 0) await settle();
      if (trial % 500 > 0) continue;
      // A mutated asking may be newer than all that follow: to one that begins anew the next is a sound one.
      participant.close();
      participant = createParticipant({ ...parts, learner: learnerOf() });
      const before = sent.length;
      participant.receive(modelOf(1, new Float32Array(SIZE)));
      await settle();
      assert.deepEqual(
        sent.slice(before).map(({ fl: { kind: what } }) => what),
        ['update'],
      );
    }
    participant.close();
    const updates = sent.filter(({ fl }) => fl.kind === 'update');
    assert.ok(updates.length > TRIALS / 20 && refused.length > TRIALS / 20, `${updates.length}, ${refused.length}`);
    for (const message of updates) {
      parseMessage(message);
      assert.ok(readVector(message.payload, SIZE).every(Number.isFinite));
    }
    for (const { code, message } of refused) {
      assert.notEqual(code, 'internal', message);
      assert.match(message, /\.$/);
    }
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it(`takes other rows, vectors and records for what they are (${TRIALS} of each)`, async () => {
    let [answers, refusals, kept] = [0, 0, 0];
    const state = { round: 2, before: firstWeights(network), after: firstWeights(network) };
    const pair = { consensus, network };
    for (let trial = 0; trial < TRIALS; trial++) {
      const record = structuredClone(encodeDistilled(state, pair));
      if (trial % 3 > 0) record.json = trial % 2 > 0 ? hostileValue(random) : mutated(record.json, random);
      if (trial % 3 !== 1) record.parts.after = mutateBytes(Buffer.from(record.parts.after), random);
      const found = decodeDistilled(record, pair);
      if (found.state) kept++;
      else assert.match(found.notice ?? '', /\.$/);
      const other = damaged(rows, random);
      const learner = learnerOf({ rows: () => other, state: found.state });
      const weights = Float32Array.from({ length: SIZE }, () => strange(random));
      try {
        const { payload } = await learner.learn(
          { round: 1 + random.below(4), weights, options },
          { signal: new AbortController().signal, deadlineMs: 1, onProgress() {} },
        );
        assert.equal(payload.length, 4 * SIZE);
        assert.ok(readVector(payload, SIZE).every(Number.isFinite));
        answers++;
      } catch (error) {
        assert.ok(error instanceof RefusedError, error instanceof Error ? error.stack : String(error));
        refusals++;
      }
    }
    assert.ok(answers > 50 && refusals > 50 && kept > 50, `${answers} answers, ${refusals} refusals, ${kept} kept`);
  });
});

function mutated(value: unknown, by: Generator): unknown {
  if (typeof value === 'object' && value !== null) mutateValue(value, by);
  return value;
}

function strange(by: Generator): number {
  const all = [0, 1, -1, 1e-40, 3e38, -3e38, 1e20, by.normal()];
  return by.below(200) === 0 ? Number.NaN : all[by.below(all.length)];
}

/** One thing is wrong, mostly. */
function damaged(sound: PublicRows, by: Generator): PublicRows | undefined {
  switch (by.below(8)) {
    case 0:
      return undefined;
    case 1:
      return { ...sound, width: by.below(5) };
    case 2:
      return { ...sound, features: sound.features.subarray(by.below(10)) };
    case 3:
      return { ...sound, count: by.below(12) };
    case 4:
      return { ...sound, digest: sound.digest.replace(/./, 'x') };
    case 5:
      return { ...sound, features: sound.features.map((value) => (by.below(20) === 0 ? strange(by) : value)) };
    default:
      return sound;
  }
}
