/** A round of masked updates against one of plain updates: 20 clients in one process that learn nothing, 10,000 numbers. */
import {
  type Coordinator,
  createCoordinator,
  createMasker,
  createParticipant,
  createTurns,
  federationOptions,
  type Learner,
  type Participant,
} from '../lib/federation';
import { generator } from '../lib/random/generator';
import { vectorPayload } from '../lib/update/vector';
import type { Row } from './measure';
import { wideModel } from './wide-model';

const CLIENTS = 20;
const ROUNDS = 12;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

/** Milliseconds of a round. */
async function federate(isMasked: boolean): Promise<number> {
  const model = wideModel();
  const random = generator(1, 'bench masked');
  const payload = vectorPayload(Float32Array.from({ length: model.layout.size }, () => random.normal() * 0.01));
  const learner: Learner = {
    count: 100,
    statistics: () => Float64Array.of(100),
    learn: async () => ({ payload: Buffer.from(payload), codecs: [], vectors: 1, samples: 100, metrics: {} }),
  };
  const times: number[] = [];
  const heard: ((message: unknown) => void)[] = [];
  const turns = createTurns();
  let participants: Participant[] = [];
  const finished = new Promise<Coordinator>((resolve, reject) => {
    const made = createCoordinator({
      federation: 'bench',
      model,
      options: federationOptions({
        ...{ rounds: ROUNDS, minClients: CLIENTS, quorum: CLIENTS },
        ...(isMasked ? { secure: { clip: 1, maxSamples: 100 } } : {}),
      }),
      send(message) {
        for (const hear of heard) hear(message);
      },
      onMetrics: ({ durationMs }) => times.push(durationMs),
      onRefused: reject,
      onStatus: ({ phase }) => {
        if (phase === 'finished') made.then(resolve, reject);
      },
    });
    made.then((coordinator) => {
      participants = Array.from({ length: CLIENTS }, (_, i) => {
        const masker = createMasker({
          statistics: 'pass',
          turns,
          send: (message) => setImmediate(() => coordinator.receive(message)),
          onRefused: reject,
        });
        const participant = createParticipant({
          ...{ federation: 'bench', client: `client-${i}`, model, learner },
          send: (message) => (isMasked ? masker.receive(message) : setImmediate(() => coordinator.receive(message))),
        });
        heard.push((message) => {
          setImmediate(() => participant.receive(message));
          if (isMasked) setImmediate(() => masker.receive(message));
        });
        return participant;
      });
      for (const participant of participants) participant.samplesChanged();
    }, reject);
  });
  const coordinator = await finished;
  for (const participant of participants) participant.close();
  await coordinator.close();
  return median(times);
}

export async function maskedRound(): Promise<Row[]> {
  await federate(true);
  const pairs: [masked: number, plain: number][] = [];
  for (let turn = 0; turn < 5; turn++) pairs.push([await federate(true), await federate(false)]);
  const value = median(pairs.map(([masked]) => masked));
  const ratio = median(pairs.map(([masked, plain]) => plain / masked));
  return [{ name: 'secure/round', value, unit: 'ms', against: 'a plain round', ratio }];
}
