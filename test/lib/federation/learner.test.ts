import assert from 'node:assert/strict';
import { createParticipant, type Learner, type LocalUpdate } from '../../../lib/federation';
import { initialWeights } from '../../../lib/model';
import { RefusedError } from '../../../lib/refused';
import type { FederationHeader, Message, ModelHeader } from '../../../lib/update/message';
import { vectorPayload } from '../../../lib/update/vector';
import { toyModel } from './toy';

const model = toyModel();
const global = initialWeights(model.spec);
const base = { federation: 'toy', model: model.fingerprint };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ask = (round: number, attempt: string, cohort: ModelHeader['cohort'] = ['a']): Message<ModelHeader> => ({
  fl: {
    kind: 'model',
    ...base,
    round,
    attempt,
    cohort,
    deadlineMs: 5000,
    quorum: 1,
    training: { epochs: 1, batchSize: 4, optimizer: 'sgd', learningRate: 0.01, seed: 3 },
    tensors: [
      [2, 1],
      [1, 1],
    ],
    codecs: [],
  },
  payload: vectorPayload(global.map((weight) => weight + round)),
});
const request = (attempt: string) => ({
  fl: { kind: 'statistics-request', ...base, round: 0, attempt, cohort: ['a'], deadlineMs: 1000 },
  payload: Buffer.alloc(0),
});

interface Bench {
  learner: { -readonly [K in keyof Learner]: Learner[K] };
  participant: ReturnType<typeof createParticipant>;
  sent: Message<FederationHeader>[];
  refused: string[];
  heard: number[];
}

/** A participant whose learner is a device that can go away. */
function bench(change: Partial<Learner> = {}): Bench {
  const sent: Bench['sent'] = [];
  const refused: string[] = [];
  const heard: number[] = [];
  const learner: Bench['learner'] = {
    count: 8,
    statistics: async () => Float64Array.of(8, 1, 2, 3, 4),
    learn: async () => ({
      payload: Buffer.from([1, 2, 3]),
      codecs: [{ name: 'quantize', bits: 8 }],
      samples: 8,
      metrics: { loss: 0.5 },
    }),
    hear: ({ weights }) => heard.push(Math.round(weights[0] - global[0])),
    ...change,
  };
  const participant = createParticipant({
    federation: 'toy',
    client: 'a',
    model,
    learner,
    send: (message) => sent.push(message),
    onRefused: ({ code }) => refused.push(code),
  });
  return { learner, participant, sent, refused, heard };
}
const told = ({ sent }: Bench): string[] => sent.map(({ fl }) => ('reason' in fl ? `no: ${fl.reason}` : fl.kind));

describe('a learner behind a participant', () => {
  it('may send what it has encoded itself', async () => {
    const it = bench();
    it.participant.receive(ask(1, 'x.1'));
    await settle();
    const { fl, payload } = it.sent[0];
    assert.ok(fl.kind === 'update');
    assert.deepEqual([fl.codecs, fl.samples, payload], [[{ name: 'quantize', bits: 8 }], 8, Buffer.from([1, 2, 3])]);
    // Who changes the message does not change the answer to the next asking.
    fl.codecs.length = 0;
    it.participant.receive(ask(1, 'x.2'));
    const again = it.sent[1].fl;
    assert.ok(again.kind === 'update');
    assert.equal(again.codecs.length, 1);
  });

  it('with an obstacle neither joins nor learns, and says why; it joins when the obstacle is gone', async () => {
    const it = bench({ obstacle: 'The board is away.' });
    it.participant.samplesChanged();
    it.participant.receive({ fl: { kind: 'invite', ...base, round: 1, cohort: 'all' }, payload: Buffer.alloc(0) });
    it.participant.receive(request('x.1'));
    it.participant.receive(ask(1, 'x.2'));
    await settle();
    assert.deepEqual(told(it), ['no: The board is away.', 'no: The board is away.']);
    it.learner.obstacle = undefined;
    it.participant.samplesChanged();
    it.participant.receive(ask(1, 'x.3'));
    await settle();
    assert.deepEqual(told(it).slice(2), ['join', 'update']);
  });

  it('hears of every new model that it is not asked to learn from', async () => {
    const it = bench();
    it.participant.receive(ask(1, 'x.1', ['b']));
    it.participant.receive(ask(2, 'x.2'));
    await settle();
    it.participant.receive(ask(3, 'x.3', []));
    // Late: older than what it has.
    it.participant.receive(ask(2, 'x.2', ['b']));
    it.learner.obstacle = 'The board is away.';
    it.participant.receive(ask(4, 'x.4'));
    assert.deepEqual(it.heard, [1, 3, 4]);
  });

  it('may take its time for statistics: only the latest asking is answered, and a failure is a decline', async () => {
    const answers: ((sums: Float64Array) => void)[] = [];
    const aborted: AbortSignal[] = [];
    const it = bench({
      statistics: ({ signal }) => {
        aborted.push(signal);
        return new Promise((resolve) => answers.push(resolve));
      },
    });
    it.participant.receive(request('x.1'));
    it.participant.receive(request('x.2'));
    for (const answer of answers) answer(Float64Array.of(8, 1, 2, 3, 4));
    await settle();
    assert.deepEqual(
      it.sent.map(({ fl }) => 'attempt' in fl && fl.attempt),
      ['x.2'],
    );
    assert.deepEqual(
      aborted.map((signal) => signal.aborted),
      [true, false],
    );
    const lost = bench({ statistics: () => Promise.reject(new RefusedError('board-away', 'The cable is out.')) });
    lost.participant.receive(request('x.1'));
    await settle();
    assert.deepEqual([told(lost), lost.refused], [['no: Its statistics failed: The cable is out.'], ['board-away']]);
  });

  it('is told to stop, and its answer is dropped, when the participant closes', async () => {
    let finish = (_: LocalUpdate): void => {};
    let stop: AbortSignal | undefined;
    const it = bench({
      learn: (_, { signal }) => {
        stop = signal;
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    });
    it.participant.receive(ask(1, 'x.1'));
    it.participant.receive(request('x.2'));
    it.participant.close();
    finish({ payload: Buffer.alloc(12), codecs: [], samples: 1, metrics: {} });
    await settle();
    assert.deepEqual([stop?.aborted, it.sent], [true, []]);
  });
});
