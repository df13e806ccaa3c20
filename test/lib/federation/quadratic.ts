/**
 * Clients whose losses are quadratics with minima of their own, f(w) = sum a_j/2 (w_j - b_j)^2, trained in float64: what
 * strategies do with them is known in closed form.
 */
import type { FederationOptions, Learner, LearningTask, RoundMetrics } from '../../../lib/federation';
import { learningMetrics } from '../../../lib/federation/learner';
import type { TrainingOptions } from '../../../lib/training/engine';
import type { FederationHeader, Message } from '../../../lib/update/message';
import { vectorPayload } from '../../../lib/update/vector';
import { type Toy, type ToyWish, toyFederation } from './toy';

export interface Quadratic {
  /** Curvatures and minimum; as many numbers as the model has: 3 for the toy model. */
  a: number[];
  b: number[];
  samples: number;
  /** Steps of a round, each with the gradient of the whole; absent: the epochs of the training. */
  steps?: number;
}

export const lossAt = ({ a, b }: Quadratic, w: ArrayLike<number>): number =>
  a.reduce((sum, curvature, j) => sum + (curvature / 2) * (w[j] - b[j]) ** 2, 0);

/** What the training of an engine does, with all of its terms, in float64. */
export function descend(
  { a, b }: Quadratic,
  steps: number,
  start: ArrayLike<number>,
  { learningRate, optimizer, momentum = 0.9, proximal = 0 }: TrainingOptions,
  { anchor = start, control }: { anchor?: ArrayLike<number>; control?: ArrayLike<number> } = {},
): Float64Array {
  const w = Float64Array.from(start);
  const velocity = new Float64Array(w.length);
  for (let step = 0; step < steps; step++) {
    for (let j = 0; j < w.length; j++) {
      const gradient = a[j] * (w[j] - b[j]) + proximal * (w[j] - anchor[j]) + (control?.[j] ?? 0);
      velocity[j] = optimizer === 'momentum' ? momentum * velocity[j] + gradient : gradient;
      w[j] -= learningRate * velocity[j];
    }
  }
  return w;
}

export function quadraticLearner(client: Quadratic): Learner {
  return {
    count: client.samples,
    statistics: () => Float64Array.of(client.samples, 0, 0, client.samples, client.samples),
    lossOf: async ({ weights }) => lossAt(client, weights),
    async learn({ weights, options, ...terms }: LearningTask) {
      const steps = Math.min(options.maxSteps ?? Number.POSITIVE_INFINITY, client.steps ?? options.epochs);
      const w = descend(client, steps, weights, options, terms);
      const { atStart } = terms;
      return {
        payload: vectorPayload(Float32Array.from(w, (value, j) => value - weights[j])),
        codecs: [],
        samples: client.samples,
        metrics: learningMetrics({
          loss: lossAt(client, w),
          steps,
          ...(atStart?.loss ? { startLoss: lossAt(client, weights) } : {}),
        }),
        ...(atStart?.gradient ? { startGradient: weights.map((value, j) => client.a[j] * (value - client.b[j])) } : {}),
      };
    },
  };
}

/** Where the weighted sum of all losses is least. */
export const optimumOf = (clients: readonly Quadratic[], weight: (client: Quadratic) => number): number[] =>
  clients[0].a.map((_, j) => {
    const sum = (of: (client: Quadratic) => number): number => clients.reduce((all, one) => all + of(one), 0);
    return sum((one) => weight(one) * one.a[j] * one.b[j]) / sum((one) => weight(one) * one.a[j]);
  });

export interface QuadraticRun {
  weights: number[];
  metrics: RoundMetrics[];
  sent: Message<FederationHeader>[];
}

/** A whole federation of them, all messages included. */
export async function runQuadratics(
  clients: readonly Quadratic[],
  options: Partial<FederationOptions>,
  more: Pick<ToyWish, 'up'> = {},
): Promise<QuadraticRun> {
  const toy: Toy = await toyFederation({
    options: { minClients: clients.length, quorum: 1, ...options },
    ...more,
  });
  clients.forEach((client, i) => {
    toy.add(`client-${i}`, { learner: quadraticLearner(client) }).samplesChanged();
  });
  await toy.settle();
  const { weights, phase } = toy.coordinator.snapshot();
  await toy.close();
  if (phase !== 'finished') {
    throw new Error(`The federation did not finish: ${phase}. ${toy.refused.map(({ message }) => message).join(' ')}`);
  }
  return { weights: [...weights], metrics: toy.metrics, sent: toy.sent };
}
