/** A sensible small model for a task: what a person gets who chooses nothing. */
import { parseSpec } from './parse-spec';
import { product } from './shapes';
import type { LayerSpec, ModelSpec, Task } from './spec';

export interface Wish {
  task: Task;
  /** Input shape without the batch. */
  input: number[];
  /** classify, multi-label. */
  labels?: string[];
  /** regress: how many values; default 1. */
  outputs?: number;
  features?: string[];
  seed?: number;
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

function body(input: readonly number[]): LayerSpec[] {
  if (input.length === 1) {
    return [{ type: 'dense', units: clamp(Math.round(input[0] * 0.6), 8, 64), activation: 'relu' }];
  }
  if (input.length === 2) {
    const kernelSize = Math.min(5, input[0]);
    const left = input[0] - kernelSize + 1;
    return [
      { type: 'conv1d', filters: 16, kernelSize, activation: 'relu' },
      ...(left >= 2 ? [{ type: 'max_pool1d' as const, poolSize: 2 }] : []),
      { type: 'flatten' },
      { type: 'dense', units: 24, activation: 'relu' },
    ];
  }
  const left = Math.min(input[0], input[1]);
  return [
    { type: 'conv2d', filters: 8, kernelSize: [3, 3], padding: 'same', activation: 'relu' },
    ...(left >= 2 ? [{ type: 'max_pool2d' as const, poolSize: [2, 2] as [number, number] }] : []),
    { type: 'flatten' },
    { type: 'dense', units: 24, activation: 'relu' },
  ];
}

export function defaultModel(wish: Wish): ModelSpec {
  const { task, input, labels, outputs = 1, features, seed } = wish;
  let layers: LayerSpec[];
  if (task === 'anomaly') {
    const size = product(input);
    const middle = clamp(Math.ceil(size / 3), 1, 16);
    layers = [
      ...(input.length > 1 ? [{ type: 'flatten' as const }] : []),
      { type: 'dense', units: clamp(Math.ceil((size + middle) / 2), 2, 64), activation: 'tanh' },
      { type: 'dense', units: middle, activation: 'tanh' },
      { type: 'dense', units: clamp(Math.ceil((size + middle) / 2), 2, 64), activation: 'tanh' },
      { type: 'dense', units: size, activation: 'linear' },
    ];
  } else if (task === 'classify') {
    layers = [...body(input), { type: 'dense', units: labels?.length ?? 2, activation: 'softmax' }];
  } else if (task === 'multi-label') {
    layers = [...body(input), { type: 'dense', units: labels?.length ?? 1, activation: 'sigmoid' }];
  } else {
    layers = [...body(input), { type: 'dense', units: outputs, activation: 'linear' }];
  }
  return parseSpec({ version: 1, task, input, layers, labels, features, seed });
}
