/**
 * Per-FedAvg (Fallah et al. 2020, arXiv 2002.07948): the federation learns a model from which one step leads to a good personal
 * one. A local step is, with three mini-batches D, D', D'',
 *
 *     v = w - alpha grad(w; D),   w <- w - beta (I - alpha H(w; D'')) grad(v; D')
 *
 * first-order: H is left out (Per-FedAvg (FO)). hessian-free: H u is (grad(w + delta u) - grad(w - delta u)) / (2 delta), u the
 * gradient at v (Per-FedAvg (HF)). Each gradient is one plain step of the learner behind.
 */
import { streamSeed } from '../../random/generator';
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { vectorPayload } from '../../update/vector';
import type { GlobalModel, LearningTask, LocalUpdate } from '../learner';
import { atHomeTask, type Home, type Learned, type Method } from './method';
import type { PerFedAvgOptions } from './options';

/** start + factor * direction, rounded once. */
const moved = (start: Float32Array, direction: ArrayLike<number>, factor: number): Float32Array =>
  start.map((value, i) => value + factor * direction[i]);

/** Optimiser steps that the options ask for. */
const stepsOf = ({ epochs, batchSize, maxSteps, fullBatch }: TrainingOptions, samples: number): number => {
  const all = epochs * (fullBatch ? 1 : Math.ceil(samples / batchSize));
  return Math.max(1, Math.min(all, maxSteps ?? all));
};

export function perFedAvg(options: PerFedAvgOptions, samples: () => number): Method {
  const { variant, alpha, beta, delta, adaptationSteps } = options;

  const adapt = async (
    model: GlobalModel,
    asked: TrainingOptions,
    { train }: Home,
  ): Promise<Omit<Learned, 'local'>> => {
    const task = atHomeTask(model, asked, {
      epochs: adaptationSteps,
      optimizer: 'sgd',
      learningRate: alpha,
      fullBatch: true,
    });
    const { weights } = await train(task, adaptationSteps);
    return { own: weights, personal: weights };
  };

  const learn = async (task: LearningTask, home: Home): Promise<Learned> => {
    if (task.control) {
      throw new RefusedError(
        'personal-strategy',
        'Per-FedAvg takes its own steps, which control vectors do not correct: choose another strategy in fl-aggregator.',
      );
    }
    const { weights: start, options: asked } = task;
    const rate = beta ?? asked.learningRate;
    const steps = stepsOf(asked, samples());
    let w = start;
    let last: LocalUpdate | undefined;
    let first: LocalUpdate['metrics'] | undefined;
    let durationMs = 0;
    for (let step = 0; step < steps; step++) {
      /** What one plain step of this rate on a batch of its own adds to the weights. */
      const oneStep = async (at: Float32Array, stepRate: number, batch: string, clip: boolean) => {
        const { clipNorm, fullBatch: _, ...rest } = asked;
        const one: TrainingOptions = {
          ...rest,
          ...(asked.fullBatch ? { fullBatch: true } : {}),
          ...(clip && clipNorm !== undefined ? { clipNorm } : {}),
          epochs: 1,
          maxSteps: 1,
          optimizer: 'sgd',
          learningRate: stepRate,
          seed: streamSeed(asked.seed, step, batch),
        };
        const isStart = step === 0 && batch === 'inner';
        const trained = await home.train(
          {
            ...task,
            weights: at,
            options: one,
            anchor: task.anchor ?? start,
            atStart: isStart ? task.atStart : undefined,
          },
          1 / steps,
        );
        durationMs += trained.local.metrics.durationMs ?? 0;
        return trained;
      };
      const { weights: v, local: inner } = await oneStep(w, alpha, 'inner', false);
      first ??= inner.metrics;
      const { weights: ahead, local } = await oneStep(v, rate, 'outer', true);
      const change = ahead.map((value, i) => value - v[i]);
      let next = moved(w, change, 1);
      if (variant === 'hessian-free') {
        const gradient = change.map((value) => -value / rate);
        const side = async (sign: 1 | -1): Promise<Float32Array> => {
          const at = moved(w, gradient, sign * delta);
          const { weights } = await oneStep(at, 1, 'hessian', false);
          return at.map((value, i) => value - weights[i]);
        };
        const [above, below] = [await side(1), await side(-1)];
        const product = above.map((value, i) => (value - below[i]) / (2 * delta));
        next = moved(next, product, rate * alpha);
      }
      w = next;
      last = local;
    }
    if (!last) throw new RangeError('a round has at least one step');
    const local: LocalUpdate = {
      ...last,
      payload: vectorPayload(w.map((value, i) => value - start[i])),
      codecs: [],
      metrics: { ...last.metrics, startLoss: first?.startLoss, firstLoss: first?.loss, steps, durationMs },
    };
    return { local, ...(await adapt(task, asked, home)) };
  };

  return { learn, follow: (model, home) => adapt(model, model.options, home) };
}
