/**
 * The GRU that Keras makes by default, which resets after the product with the recurrent kernel (arXiv 1406.1078 v1) and
 * has a second bias; tfjs's own resets before it.
 */
import type { LayerVariable, RNNLayerArgs, Shape, serialization, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { RESET_AFTER_GRU } from '../../model/topology';
import type { TensorFlow } from './load';

interface CellConfig {
  units: number;
  activation: string;
  recurrentActivation: string;
  useBias: boolean;
}

function activate(tf: TensorFlow, name: string, x: Tensor2D): Tensor2D {
  switch (name) {
    case 'tanh':
      return x.tanh();
    case 'sigmoid':
      return x.sigmoid();
    case 'relu':
      return x.relu();
    case 'hardSigmoid':
      return tf.clipByValue(x.mul<Tensor2D>(0.2).add<Tensor2D>(0.5), 0, 1);
    default:
      return x;
  }
}

const matrix = (value: Tensor | undefined): Tensor2D => {
  if (value?.rank !== 2) throw new Error('A GRU cell needs matrices.');
  return value.as2D(value.shape[0] ?? 0, value.shape[1] ?? 0);
};

/** Makes the layer known to tfjs by the name that topology.ts uses. */
export function registerResetAfterGru(tf: TensorFlow): void {
  class ResetAfterGruCell extends tf.layers.RNNCell {
    static readonly className = `${RESET_AFTER_GRU}Cell`;
    readonly stateSize: number;
    private readonly settings: CellConfig;
    private kernel?: LayerVariable;
    private recurrentKernel?: LayerVariable;
    private bias?: LayerVariable;

    constructor(settings: CellConfig & { name?: string }) {
      super({ name: settings.name });
      this.settings = settings;
      this.stateSize = settings.units;
    }

    override build(inputShape: Shape | Shape[]): void {
      const shape = Array.isArray(inputShape[0]) ? inputShape[0] : inputShape;
      const channels = Number(shape[shape.length - 1]);
      const zeros = tf.initializers.zeros();
      const { units, useBias } = this.settings;
      this.kernel = this.addWeight('kernel', [channels, 3 * units], 'float32', zeros);
      this.recurrentKernel = this.addWeight('recurrent_kernel', [units, 3 * units], 'float32', zeros);
      if (useBias) this.bias = this.addWeight('bias', [2, 3 * units], 'float32', zeros);
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[]): Tensor[] {
      return tf.tidy(() => {
        const [x, state] = Array.isArray(inputs) ? inputs : [inputs];
        const before = matrix(state);
        let fromInput = tf.matMul(matrix(x), matrix(this.kernel?.read()));
        let fromState = tf.matMul(before, matrix(this.recurrentKernel?.read()));
        if (this.bias) {
          const [first, second] = tf.unstack(this.bias.read());
          fromInput = fromInput.add(first);
          fromState = fromState.add(second);
        }
        const [inputZ, inputR, inputH] = tf.split(fromInput, 3, 1);
        const [stateZ, stateR, stateH] = tf.split(fromState, 3, 1);
        const { activation, recurrentActivation } = this.settings;
        const update = activate(tf, recurrentActivation, inputZ.add(stateZ));
        const reset = activate(tf, recurrentActivation, inputR.add(stateR));
        const candidate = activate(tf, activation, inputH.add(reset.mul(stateH)));
        const after = update.mul(before).add(tf.scalar(1).sub(update).mul(candidate));
        return [after, after];
      });
    }

    override getConfig() {
      return { ...super.getConfig(), ...this.settings };
    }
  }

  class ResetAfterGru extends tf.layers.RNN {
    static override readonly className = RESET_AFTER_GRU;

    constructor({ units, activation, recurrentActivation, useBias, ...rest }: CellConfig & Omit<RNNLayerArgs, 'cell'>) {
      super({ ...rest, cell: new ResetAfterGruCell({ units, activation, recurrentActivation, useBias }) });
    }

    static override fromConfig<T extends serialization.Serializable>(
      cls: serialization.SerializableConstructor<T>,
      config: serialization.ConfigDict,
    ): T {
      return new cls(config);
    }
  }
  tf.serialization.registerClass(ResetAfterGru);
}
