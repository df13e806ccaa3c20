import assert from 'node:assert/strict';
import {
  createParticipant,
  gatewayLearner,
  type Participant,
  type ParticipantParts,
  type ParticipantStatus,
} from '../../../lib/federation';
import { initialWeights } from '../../../lib/model';
import { streamSeed } from '../../../lib/random/generator';
import type { RefusedError } from '../../../lib/refused';
import type { TrainJob, TrainResult } from '../../../lib/training/engine';
import type { FederationHeader, InviteHeader, Message, ModelHeader } from '../../../lib/update/message';
import { vectorPayload } from '../../../lib/update/vector';
import { toyBank, toyLearner, toyModel, toyTrain } from './toy';

const model = toyModel();
const global = initialWeights(model.spec);
const training = { epochs: 2, batchSize: 4, optimizer: 'sgd', learningRate: 0.01, seed: 3 } as const;
const base = { federation: 'toy', model: model.fingerprint };

const ask = (round: number, attempt: string, change: Partial<ModelHeader> = {}): Message<ModelHeader> => ({
  fl: {
    kind: 'model',
    ...base,
    round,
    attempt,
    cohort: ['a', 'b'],
    deadlineMs: 5000,
    quorum: 2,
    training,
    tensors: [
      [2, 1],
      [1, 1],
    ],
    codecs: [],
    ...change,
  },
  payload: vectorPayload(global.slice()),
});
const invite = (cohort: string[] | 'all'): Message<InviteHeader> => ({
  fl: { kind: 'invite', ...base, round: 1, cohort },
  payload: Buffer.alloc(0),
});

interface Rig {
  participant: Participant;
  sent: Message<FederationHeader>[];
  refused: RefusedError[];
  statuses: ParticipantStatus[];
  jobs: { job: TrainJob; signal: AbortSignal; finish(): void; fail(error: Error): void }[];
  bank: ReturnType<typeof toyBank>;
}

/** A participant whose trainings end when the test says so. */
function rig(change: Partial<ParticipantParts> = {}, samples = 20): Rig {
  const sent: Rig['sent'] = [];
  const refused: RefusedError[] = [];
  const statuses: ParticipantStatus[] = [];
  const jobs: Rig['jobs'] = [];
  const bank = toyBank('a', samples);
  const participant = createParticipant({
    federation: 'toy',
    client: 'a',
    model,
    learner: gatewayLearner({
      model,
      bank,
      train: (job, { signal }) =>
        new Promise<TrainResult>((resolve, reject) => {
          jobs.push({ job, signal, finish: () => resolve(toyTrain(job)), fail: reject });
        }),
    }),
    send: (message) => sent.push(message),
    onRefused: (error) => refused.push(error),
    onStatus: (status) => statuses.push(status),
    ...change,
  });
  return { participant, sent, refused, statuses, jobs, bank };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const kinds = ({ sent }: Rig): string[] => sent.map(({ fl }) => fl.kind);

describe('a participant', () => {
  it('joins once it has enough samples, and when it is invited', () => {
    const few = rig({ minSamples: 30 });
    few.participant.samplesChanged();
    few.participant.receive(invite('all'));
    assert.deepEqual([kinds(few), few.statuses], [[], [{ state: 'waiting', samples: 20, needed: 30 }]]);
    few.bank.add(toyBank('b', 15).block());
    few.participant.samplesChanged();
    few.participant.samplesChanged();
    assert.deepEqual(
      few.sent.map(({ fl }) => fl),
      [{ kind: 'join', ...base, round: 0, client: 'a', samples: 35 }],
    );
    few.participant.receive(invite(['b']));
    assert.equal(few.sent.length, 1);
    few.participant.receive(invite(['a']));
    assert.equal(few.sent.length, 2);
  });

  it('answers with its statistics, and declines without samples', async () => {
    const request = {
      fl: { kind: 'statistics-request', ...base, round: 0, attempt: 'x.1', cohort: ['a'], deadlineMs: 1000 },
      payload: Buffer.alloc(0),
    };
    const full = rig();
    full.participant.receive(request);
    await settle();
    const { fl, payload } = full.sent[0];
    assert.deepEqual(fl, { kind: 'statistics', ...base, round: 0, attempt: 'x.1', client: 'a' });
    const { features } = full.bank.block();
    const second = features.filter((_, i) => i % 2 === 1);
    assert.deepEqual([payload.length, payload.readDoubleLE(0)], [40, 20]);
    assert.ok(Math.abs(payload.readDoubleLE(16) - second.reduce((sum, x) => sum + x, 0)) < 1e-9);
    assert.ok(Math.abs(payload.readDoubleLE(32) - second.reduce((sum, x) => sum + x * x, 0)) < 1e-6);
    const empty = rig({}, 0);
    empty.participant.receive(request);
    assert.deepEqual(kinds(empty), ['decline']);
  });

  it('trains what it is asked for and sends the difference', async () => {
    const it = rig();
    it.participant.receive(ask(4, 'x.9'));
    assert.deepEqual(it.jobs[0].job.options, { ...training, seed: streamSeed(3, 4, 'a') });
    it.jobs[0].finish();
    await settle();
    const { fl, payload } = it.sent[0];
    assert.ok(fl.kind === 'update' && fl.metrics);
    const { metrics, ...rest } = fl;
    assert.deepEqual(rest, {
      kind: 'update',
      ...base,
      round: 4,
      attempt: 'x.9',
      client: 'a',
      samples: 20,
      codecs: [],
      tensors: [
        [2, 1],
        [1, 1],
      ],
      expected: 2,
      deadlineMs: 5000,
    });
    const expected = toyTrain(it.jobs[0].job);
    assert.deepEqual([metrics.loss, metrics.steps], [expected.loss, 2]);
    for (let i = 0; i < 3; i++) {
      assert.equal(payload.readFloatLE(4 * i), Math.fround(expected.weights[i] - global[i]));
    }
    assert.deepEqual(
      it.statuses.map(({ state }) => state),
      ['training', 'ready'],
    );
  });

  it('does not train when others are asked, or when the same message comes twice', async () => {
    const it = rig();
    it.participant.receive(ask(1, 'x.1', { cohort: ['b'] }));
    assert.equal(it.jobs.length, 0);
    it.participant.receive(ask(1, 'x.2'));
    it.participant.receive(ask(1, 'x.2'));
    it.jobs[0].finish();
    await settle();
    it.participant.receive(ask(1, 'x.2'));
    it.participant.receive(ask(1, 'x.1'));
    await settle();
    assert.deepEqual([it.jobs.length, kinds(it)], [1, ['update']]);
  });

  it('answers the same work under a new attempt at once, and the latest one while it trains', async () => {
    const it = rig();
    it.participant.receive(ask(1, 'x.1'));
    it.participant.receive(ask(1, 'x.2'));
    assert.equal(it.jobs[0].signal.aborted, false);
    it.jobs[0].finish();
    await settle();
    it.participant.receive(ask(1, 'y.1', { cohort: ['a', 'c', 'd'] }));
    const told = it.sent.map(({ fl }) => (fl.kind === 'update' ? [fl.attempt, fl.expected] : []));
    assert.deepEqual(told, [
      ['x.2', 2],
      ['y.1', 3],
    ]);
    assert.deepEqual(it.sent[0].payload, it.sent[1].payload);
    // Other work: trained anew.
    it.participant.receive(ask(1, 'y.2', { training: { ...training, epochs: 3 } }));
    assert.equal(it.jobs.length, 2);
  });

  it('stops for a newer model', async () => {
    const it = rig();
    it.participant.receive(ask(1, 'x.1'));
    it.participant.receive(ask(2, 'x.2'));
    assert.deepEqual(
      it.jobs.map(({ signal }) => signal.aborted),
      [true, false],
    );
    it.jobs[0].fail(new Error('aborted'));
    it.jobs[1].finish();
    await settle();
    assert.deepEqual([kinds(it), it.sent[0].fl.round], [['update'], 2]);
    it.participant.receive(ask(3, 'x.3'));
    // The federation has ended.
    it.participant.receive(ask(4, 'x.3', { cohort: [] }));
    assert.equal(it.jobs[2].signal.aborted, true);
    it.jobs[2].finish();
    await settle();
    assert.equal(it.sent.length, 1);
    assert.deepEqual(it.refused, []);
  });

  it('declines with the reason when it cannot', async () => {
    const few = rig({ minSamples: 30 });
    few.participant.receive(ask(1, 'x.1'));
    const told = few.sent[0].fl;
    assert.ok(told.kind === 'decline');
    assert.deepEqual([told.attempt, told.reason], ['x.1', 'It has 20 samples and waits for 30.']);

    const broken = rig();
    broken.participant.receive(ask(1, 'x.1'));
    broken.jobs[0].fail(new Error('out of\nmemory'));
    await settle();
    const why = broken.sent[0].fl;
    assert.ok(why.kind === 'decline');
    assert.equal(why.reason, 'Its training failed: out of memory');
    assert.deepEqual(
      broken.refused.map(({ code }) => code),
      ['training'],
    );

    const nowhere = async (job: TrainJob) => ({ ...toyTrain(job), weights: Float32Array.of(1, Number.NaN, 2) });
    const diverged = rig({ learner: toyLearner('a', nowhere) });
    diverged.participant.receive(ask(1, 'x.1'));
    await settle();
    assert.deepEqual(kinds(diverged), ['decline']);
  });

  it('refuses what it cannot use, and lets pass what is meant for others', async () => {
    const it = rig();
    const { fl, payload } = ask(1, 'x.1');
    const cases: [unknown, string][] = [
      [null, 'message'],
      [{ fl: { ...fl, federation: 'other' }, payload }, 'wrong-federation'],
      [{ fl: { ...fl, model: 'e'.repeat(64) }, payload }, 'wrong-model'],
      [{ fl: { ...fl, tensors: [[2, 1]] }, payload: payload.subarray(4) }, 'wrong-tensors'],
      [{ fl: { ...fl, codecs: [{ name: 'quantize' }] }, payload }, 'model-codecs'],
      [{ fl: { ...fl, normalisation: { mean: [0], std: [1] } }, payload }, 'wrong-features'],
      [{ fl, payload: vectorPayload(Float32Array.of(1, Number.NaN, 0)) }, 'not-finite'],
      [{ fl, payload: 'x' }, 'payload-text'],
    ];
    for (const [message, code] of cases) {
      it.refused.length = 0;
      it.participant.receive(message);
      assert.deepEqual(
        it.refused.map((error) => error.code),
        [code],
      );
    }
    it.refused.length = 0;
    it.participant.receive({ fl: { kind: 'join', ...base, round: 1, client: 'b', samples: 1 } });
    it.participant.receive({
      fl: { kind: 'decline', ...base, round: 1, attempt: 'x.1', client: 'b', reason: 'tired' },
    });
    assert.deepEqual([it.refused, it.sent, it.jobs], [[], [], []]);
  });

  it('is quiet once it is closed', async () => {
    const it = rig();
    it.participant.receive(ask(1, 'x.1'));
    it.participant.close();
    assert.equal(it.jobs[0].signal.aborted, true);
    it.jobs[0].finish();
    it.participant.receive(ask(2, 'x.2'));
    it.participant.samplesChanged();
    await settle();
    assert.deepEqual([it.sent, it.jobs.length], [[], 1]);
  });

  it('is not changed by what is done to its messages', async () => {
    const it = rig();
    it.participant.receive(ask(1, 'x.1'));
    it.jobs[0].finish();
    await settle();
    const { fl } = it.sent[0];
    assert.ok(fl.kind === 'update' && fl.metrics);
    fl.tensors.length = 0;
    fl.metrics.loss = 99;
    it.participant.receive(ask(1, 'x.2'));
    const again = it.sent[1].fl;
    assert.ok(again.kind === 'update');
    assert.equal(again.tensors.length, 2);
    assert.notEqual(again.metrics?.loss, 99);
  });
});
