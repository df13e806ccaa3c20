/** A federation in one process: a coordinator and participants that hold a few rows and train by a plain rule. */
import { createKernels } from '../../../lib/core';
import { sampleBank } from '../../../lib/data/sample-bank';
import {
  type Coordinator,
  type CoordinatorParts,
  createCoordinator,
  createParticipant,
  type FederatedModel,
  type FederationOptions,
  federatedModel,
  federationOptions,
  gatewayLearner,
  type Learner,
  type Participant,
  type ParticipantParts,
  type RoundMetrics,
  type Train,
} from '../../../lib/federation';
import { generator } from '../../../lib/random/generator';
import type { RefusedError } from '../../../lib/refused';
import type { TrainJob, TrainResult } from '../../../lib/training/engine';
import type { FederationHeader, Message } from '../../../lib/update/message';
import { type ManualClock, manualClock } from './manual-clock';

export const kernels = createKernels();

export const toyModel = (): FederatedModel =>
  federatedModel({
    version: 1,
    task: 'regress',
    input: [2],
    layers: [{ type: 'dense', units: 1, activation: 'linear' }],
    loss: 'mean_squared_error',
    seed: 5,
  });

/** Gradient descent on a linear model, in float64: stands for the engines where they are not what is tested. */
export function toyTrain({
  weights,
  samples,
  normalisation,
  options,
  anchor = weights,
  control,
  atStart,
}: TrainJob): TrainResult {
  const w = Float64Array.from(weights);
  const width = samples.features.length / samples.count;
  const { proximal = 0, learningRate } = options;
  const scaled = (row: number, j: number): number => {
    const value = samples.features[row * width + j];
    return normalisation ? (value - normalisation.mean[j]) / normalisation.std[j] : value;
  };
  /** Of the samples alone, at `w`. */
  const lossAndGradient = (): { loss: number; gradient: Float64Array } => {
    const gradient = new Float64Array(w.length);
    let loss = 0;
    for (let row = 0; row < samples.count; row++) {
      let error = w[width] - samples.targets[row];
      for (let j = 0; j < width; j++) error += w[j] * scaled(row, j);
      loss += (error * error) / samples.count;
      for (let j = 0; j < width; j++) gradient[j] += (2 * error * scaled(row, j)) / samples.count;
      gradient[width] += (2 * error) / samples.count;
    }
    return { loss, gradient };
  };
  const start = lossAndGradient();
  let loss = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const now = lossAndGradient();
    loss = now.loss;
    for (let j = 0; j < w.length; j++) {
      w[j] -= learningRate * (now.gradient[j] + proximal * (w[j] - anchor[j]) + (control?.[j] ?? 0));
    }
  }
  return {
    weights: Float32Array.from(w),
    steps: options.epochs,
    loss,
    firstLoss: loss,
    durationMs: 1,
    ...(atStart?.loss ? { startLoss: start.loss } : {}),
    ...(atStart?.gradient ? { startGradient: Float32Array.from(start.gradient) } : {}),
  };
}

/** y = 3 a - 2 b + 1 with a little noise; each client sees another part of the plane. */
export function toyBank(client: string, count = 20) {
  const bank = sampleBank({ width: 2, targetWidth: 1, capacity: 1000, eviction: 'oldest' });
  const random = generator(1, 'rows', client);
  const centre = random.normal() * 3;
  const features = new Float32Array(2 * count);
  const targets = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    features[2 * row] = centre + random.normal();
    features[2 * row + 1] = 100 + 10 * random.normal();
    targets[row] = 3 * features[2 * row] - 2 * ((features[2 * row + 1] - 100) / 10) + 1 + 0.1 * random.normal();
  }
  bank.add({ features, targets, count });
  return bank;
}

export const toyLearner = (client: string, train: Train = async (job) => toyTrain(job), count?: number): Learner =>
  gatewayLearner({ model: toyModel(), bank: toyBank(client, count), train });

export interface Toy {
  coordinator: Coordinator;
  clock: ManualClock;
  participants: Map<string, Participant>;
  metrics: RoundMetrics[];
  refused: RefusedError[];
  /** Everything that went over the wire, in order. */
  sent: Message<FederationHeader>[];
  /** Adds a participant. */
  add(client: string, change?: Partial<ParticipantParts>): Participant;
  /** Lets all that can happen without time passing happen. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface ToyWish {
  clients?: string[];
  options?: Partial<FederationOptions>;
  parts?: Partial<CoordinatorParts>;
  /** Changes or drops a message on its way to the aggregator; `deliver` hands another one over. */
  up?(message: Message<FederationHeader>, deliver: (message: unknown) => void): unknown;
}

const wait = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function toyFederation({ clients = [], options = {}, parts = {}, up }: ToyWish = {}): Promise<Toy> {
  const clock = manualClock();
  const participants = new Map<string, Participant>();
  const metrics: RoundMetrics[] = [];
  const refused: RefusedError[] = [];
  const sent: Message<FederationHeader>[] = [];
  const model = toyModel();
  let activity = 0;
  let coordinator: Coordinator | undefined;

  const toAggregator = (message: Message<FederationHeader>): void => {
    activity++;
    sent.push(message);
    const changed = up ? up(message, (other) => coordinator?.receive(other)) : message;
    if (changed !== undefined) coordinator?.receive(changed);
  };
  const add: Toy['add'] = (client, change = {}) => {
    const participant = createParticipant({
      federation: 'toy',
      client,
      model,
      learner: toyLearner(client),
      send: toAggregator,
      onRefused: (error) => refused.push(error),
      ...change,
    });
    participants.set(client, participant);
    return participant;
  };
  for (const client of clients) add(client);
  coordinator = await createCoordinator({
    federation: 'toy',
    model,
    kernels,
    options: federationOptions({
      rounds: 3,
      training: { epochs: 5, batchSize: 16, optimizer: 'sgd', learningRate: 0.1, seed: 7 },
      ...options,
    }),
    clock,
    send(message) {
      activity++;
      sent.push(message);
      // As over a wire: later, to everybody.
      setImmediate(() => {
        for (const participant of participants.values()) participant.receive(message);
      });
    },
    onMetrics: (record) => metrics.push(record),
    onRefused: (error) => refused.push(error),
    ...parts,
  });
  const running = coordinator;
  return {
    coordinator: running,
    clock,
    participants,
    metrics,
    refused,
    sent,
    add,
    async settle() {
      for (let quiet = 0, before = activity; quiet < 20; quiet++) {
        await wait();
        if (activity !== before || running.snapshot().phase === 'saving') quiet = 0;
        before = activity;
      }
    },
    async close() {
      for (const participant of participants.values()) participant.close();
      await running.close();
    },
  };
}
