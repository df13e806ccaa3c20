/** A model as the files of a tfjs layers model, which tfjs and the converters of TensorFlow read. */
import { layoutOf } from './layout';
import { refuse } from './reader';
import { shapesOf } from './shapes';
import type { ModelSpec } from './spec';
import { layerTensors } from './tensors';
import { kerasTopology } from './topology';

export interface TfjsFiles {
  'model.json': Buffer;
  'weights.bin': Buffer;
}

/** Throws RefusedError when the weights do not fit the model. */
export function exportTfjs(spec: ModelSpec, weights: Float32Array): TfjsFiles {
  const layout = layoutOf(spec);
  if (weights.length !== layout.size) refuse(`The weights must have ${layout.size} numbers, not ${weights.length}.`);
  if (JSON.stringify(spec.layers).includes('"reset_after":true')) {
    refuse('A GRU with reset_after cannot be written as a tfjs model: tfjs has no such layer.');
  }
  const { topology, owners } = kerasTopology(spec);
  const shapes = shapesOf(spec);
  const specs = spec.layers.flatMap((layer, index) =>
    layerTensors(layer, shapes[index], index).map(({ name, shape }) => {
      // A bidirectional layer's two halves are layers of their own to tfjs.
      const [way, ...rest] = name.split('_');
      const path = way === 'forward' || way === 'backward' ? `${way}_${owners[index].name}/${rest.join('_')}` : name;
      return { name: `${owners[index].name}/${path}`, shape, dtype: 'float32' };
    }),
  );
  const bytes = Buffer.alloc(4 * layout.size);
  for (const [i, value] of weights.entries()) bytes.writeFloatLE(value, 4 * i);
  const model = {
    format: 'layers-model',
    generatedBy: '@fl-tinyml/node-red-federated',
    convertedBy: null,
    modelTopology: { keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js', model_config: topology },
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  };
  return { 'model.json': Buffer.from(JSON.stringify(model)), 'weights.bin': bytes };
}
