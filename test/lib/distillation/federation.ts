/** A federation of predictions in one process: a real coordinator, real participants, the core that trains. */
import { createKernels } from '../../../lib/core';
import { sampleBank } from '../../../lib/data';
import {
  type DistillOptions,
  type DistillParts,
  decodeDistilled,
  distillLearner,
  distillOptions,
  encodeDistilled,
  type OwnNetwork,
  type PublicRows,
} from '../../../lib/distillation';
import {
  createCoordinator,
  createParticipant,
  type FederatedModel,
  type FederationOptions,
  federationOptions,
  type Participant,
  type RoundMetrics,
  type Snapshot,
} from '../../../lib/federation';
import type { OwnState } from '../../../lib/federation/own-weights';
import { decidedClasses } from '../../../lib/metrics/classification';
import type { RefusedError } from '../../../lib/refused';
import type { Store } from '../../../lib/state';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { Normalisation, SampleBlock, TrainingOptions } from '../../../lib/training/engine';
import type { FederationHeader, Message } from '../../../lib/update/message';

export const engine = createCoreEngine();
export const training: TrainingOptions = { epochs: 2, batchSize: 16, optimizer: 'adam', learningRate: 0.003, seed: 5 };

export function bankOf(block: SampleBlock) {
  const width = block.features.length / block.count;
  const bank = sampleBank({ width, targetWidth: 1, capacity: 1e6, eviction: 'oldest' });
  bank.add(block);
  return bank;
}

export interface Member {
  network: FederatedModel;
  own: SampleBlock;
  rows: PublicRows;
}

export interface Wish {
  consensus: FederatedModel;
  members: Record<string, Member>;
  rounds: number;
  distill?: Partial<DistillOptions>;
  federation?: Partial<FederationOptions>;
  /** Changes a message on its way to the aggregator. */
  up?(message: Message<FederationHeader>): Message<FederationHeader>;
  /** Of the aggregator and of the clients. */
  store?: Store;
  /** Everything ends when the model of this round goes out. */
  stopIn?: number;
  /** Everything ends when it is aborted. */
  stop?: AbortSignal;
  /** Of each model as it goes out. */
  onModel?(round: number): void;
  onRefused?(refused: RefusedError): void;
  parts?: Partial<DistillParts>;
}

export interface Outcome {
  snapshot: Snapshot;
  metrics: RoundMetrics[];
  refused: RefusedError[];
  networks: Record<string, OwnNetwork>;
  /** What each client has kept of its network, in this run or one before. */
  kept: Record<string, OwnState>;
  messages: Message<FederationHeader>[];
}

/** Of decisions on rows that nobody learned from. */
export async function accuracy(
  { spec }: FederatedModel,
  { weights, normalisation }: { weights: Float32Array; normalisation?: Normalisation },
  test: SampleBlock,
): Promise<number> {
  const { features, count, targets } = test;
  const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
  const decided = decidedClasses(outputs, count, spec.labels?.length);
  return decided.reduce((hits, label, i) => hits + Number(label === targets[i]), 0) / count;
}

export async function federate(wish: Wish): Promise<Outcome> {
  const { consensus, members, rounds, store, stopIn = 0 } = wish;
  const participants: Participant[] = [];
  const outcome: Omit<Outcome, 'snapshot'> = { metrics: [], refused: [], networks: {}, kept: {}, messages: [] };
  const refuse = (refused: RefusedError): void => {
    outcome.refused.push(refused);
    wish.onRefused?.(refused);
  };
  const size = Object.keys(members).length;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  wish.stop?.addEventListener('abort', () => finish());
  const coordinator = await createCoordinator({
    federation: 'digits',
    model: consensus,
    kernels: createKernels(),
    options: federationOptions({ rounds, minClients: size, quorum: size, training, ...wish.federation }),
    store,
    send(message) {
      outcome.messages.push(message);
      if (message.fl.kind === 'model') wish.onModel?.(message.fl.round);
      if (message.fl.kind === 'model' && message.fl.round === stopIn) setTimeout(finish, 20);
      setImmediate(() => {
        for (const participant of participants) participant.receive(message);
      });
    },
    onMetrics: (record) => outcome.metrics.push(record),
    onRefused: refuse,
    onStatus: ({ phase }) => phase === 'finished' && setTimeout(finish, 5),
  });
  for (const [client, { network, own, rows }] of Object.entries(members)) {
    const pair = { consensus, network };
    const kept = decodeDistilled(await store?.read(`network ${client}`), pair);
    if (kept.state) outcome.kept[client] = kept.state;
    const learner = distillLearner({
      ...pair,
      rows: () => rows,
      bank: bankOf(own),
      train: (job, { signal }) => engine.train(job, () => !signal.aborted),
      predict: (job) => engine.predict(job),
      options: distillOptions(wish.distill ?? {}),
      state: kept.state,
      save: async (state) => {
        if (state) outcome.kept[client] = state;
        if (state) await store?.write(`network ${client}`, encodeDistilled(state, pair));
      },
      onNetwork: (made) => {
        outcome.networks[client] = made;
      },
      onTrouble: refuse,
      ...wish.parts,
    });
    const send = (message: Message<FederationHeader>): void => {
      outcome.messages.push(message);
      setImmediate(() => coordinator.receive(wish.up?.(message) ?? message));
    };
    participants.push(
      createParticipant({ federation: 'digits', client, model: consensus, learner, send, onRefused: refuse }),
    );
  }
  for (const participant of participants) participant.samplesChanged();
  await finished;
  for (const participant of participants) participant.close();
  await coordinator.close();
  return { ...outcome, snapshot: coordinator.snapshot() };
}
