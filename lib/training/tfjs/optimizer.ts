/** SGD, momentum and Adam on the flat vector: the same formulae as the core's, so that both engines agree. */
import type { TrainingOptions } from '../engine';

/** One step: changes `weights` in place by the gradient. */
export type Step = (weights: Float32Array, gradient: Float32Array) => void;

export function optimizer(options: TrainingOptions, size: number): Step {
  const rate = options.learningRate;
  switch (options.optimizer) {
    case 'sgd':
      return (weights, gradient) => {
        for (let i = 0; i < size; i++) weights[i] -= rate * gradient[i];
      };
    case 'momentum': {
      const momentum = options.momentum ?? 0.9;
      const velocity = new Float32Array(size);
      return (weights, gradient) => {
        for (let i = 0; i < size; i++) {
          velocity[i] = momentum * velocity[i] + gradient[i];
          weights[i] -= rate * velocity[i];
        }
      };
    }
    case 'adam': {
      // Kingma & Ba 2015 (arXiv 1412.6980), algorithm 1; epsilon as Keras has it.
      const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-7];
      const first = new Float32Array(size);
      const second = new Float32Array(size);
      let steps = 0;
      return (weights, gradient) => {
        steps += 1;
        const correct1 = 1 - beta1 ** steps;
        const correct2 = 1 - beta2 ** steps;
        for (let i = 0; i < size; i++) {
          first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
          second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
          weights[i] -= (rate * (first[i] / correct1)) / (Math.sqrt(second[i] / correct2) + epsilon);
        }
      };
    }
  }
}

/** Scales the gradient so that its norm is at most `bound`. */
export function clip(gradient: Float32Array, bound: number): void {
  let squares = 0;
  for (const value of gradient) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm <= bound) return;
  for (let i = 0; i < gradient.length; i++) gradient[i] *= bound / norm;
}
