/** A tfjs layers model made from a specification, with its parameters as one flat vector. */
import type { LayersModel, Tensor, Variable } from '@tensorflow/tfjs';
import { layoutOf } from '../../model/layout';
import { product } from '../../model/shapes';
import type { ModelSpec } from '../../model/spec';
import { givesProbabilities } from '../../model/tasks';
import { kerasTopology } from '../../model/topology';
import type { TensorFlow } from './load';
import { mendPaddedAverage } from './padded-average';

/** One tensor of the layout and the variable that holds it. */
export interface Slot {
  variable: Variable;
  offset: number;
  size: number;
  trainable: boolean;
  /** Has the L2 penalty: kernels, not biases, gains or embeddings. */
  penalised: boolean;
  /** Output channels, the fastest part; those of one matrix of the kernel: all, or the multiplier of a depthwise one. */
  channels: number;
  group: number;
  /** A moving variance: never read as less than zero. */
  variance: boolean;
}

export interface FlatModel {
  /** Ends in logits where the loss is a cross-entropy. */
  model: LayersModel;
  slots: Slot[];
  size: number;
  write(weights: Float32Array): void;
  read(): Float32Array;
  dispose(): void;
}

export async function buildModel(tf: TensorFlow, spec: ModelSpec): Promise<FlatModel> {
  const { topology, owners } = kerasTopology(spec, { logits: givesProbabilities(spec), zeros: true });
  const model = await tf.loadLayersModel({ load: async () => ({ modelTopology: topology }) });
  const layout = layoutOf(spec);
  const slots: Slot[] = [];
  for (const [index, { name, tensors }] of owners.entries()) {
    mendPaddedAverage(tf, model.getLayer(name), spec.layers[index]);
    const weights = tensors > 0 ? model.getLayer(name).weights : [];
    if (weights.length !== tensors) throw new Error(`tfjs has ${weights.length} tensors in ${name}, not ${tensors}.`);
    for (const weight of weights) {
      const tensor = layout.tensors[slots.length];
      const variable = weight.read();
      if (!(variable instanceof tf.Variable) || product(variable.shape) !== tensor.size) {
        throw new Error(`tfjs has another shape for ${tensor.name}.`);
      }
      slots.push({
        variable,
        offset: tensor.offset,
        size: tensor.size,
        trainable: tensor.trainable,
        channels: tensor.channels,
        group: spec.layers[index].type === 'depthwise_conv2d' ? tensor.shape[tensor.shape.length - 1] : tensor.channels,
        penalised: tensor.name.endsWith('kernel'),
        variance: tensor.name.endsWith('/moving_variance'),
      });
    }
  }
  return {
    model,
    slots,
    size: layout.size,
    write(weights) {
      tf.tidy(() => {
        for (const { variable, offset, size, variance } of slots) {
          let part = weights.slice(offset, offset + size);
          if (variance) part = part.map((value) => Math.max(0, value));
          const tensor: Tensor = tf.tensor(part, variable.shape, 'float32');
          variable.assign(tensor);
        }
      });
    },
    read() {
      const weights = new Float32Array(layout.size);
      for (const { variable, offset } of slots) weights.set(variable.dataSync<'float32'>(), offset);
      return weights;
    },
    dispose() {
      model.dispose();
    },
  };
}
