/** The first layers of a model as a model of its own, to look at what passes between them. */
import type { ModelSpec } from './spec';

/** Up to layer `last` (from 0); `linear`: without the activation of that one. Its weights are the first of the model's. */
export function modelUpTo(spec: ModelSpec, last: number, linear: boolean): ModelSpec {
  const layers = spec.layers.slice(0, last + 1);
  const layer = layers[last];
  if (linear && 'activation' in layer) layers[last] = { ...layer, activation: 'linear' };
  return { version: 1, task: 'regress', input: spec.input, layers, loss: 'mean_squared_error', seed: spec.seed };
}
