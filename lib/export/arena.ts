/**
 * The memory that TensorFlow Lite Micro will ask for beside the file, estimated: its planner puts tensors that do not live
 * at the same time over each other, so the tensors take at least what lives at once at the worst moment; on top come what
 * it keeps for each tensor and operator, counted here as on a 32-bit processor, and the buffer of CMSIS-NN's convolutions.
 */
import { elements, type Graph, type GraphOperator, type GraphTensor } from './graph';

const ALIGNMENT = 16;
const bytesOf = { float32: 4, int32: 4, int8: 1 };

/** The interpreter's own objects: its planner, allocator, context. */
const INTERPRETER = 512;
/** A tensor as its kernels see it: data, dimensions, type. */
const TENSOR = 16;
/** An operator: its node, its registration, what its kernel keeps (multipliers, paddings). */
const OPERATOR = 112;
/** For each output channel of a convolution of codes: multiplier and shift. */
const CHANNEL = 8;

/**
 * What CMSIS-NN's convolutions of codes put their inputs into, as 16-bit numbers: for two positions of the output, or one of
 * a depthwise convolution. Only one layer at a time needs it.
 */
function scratch({ name, inputs }: GraphOperator, tensors: readonly GraphTensor[]): number {
  if ((name !== 'CONV_2D' && name !== 'DEPTHWISE_CONV_2D') || tensors[inputs[0]].type !== 'int8') return 0;
  const [outputs, height, width, channels] = tensors[inputs[1]].shape;
  return (name === 'CONV_2D' ? 4 : 2 * outputs) * height * width * channels;
}

export interface ArenaEstimate {
  /** Tensors between the operators, at the worst moment. */
  tensors: number;
  total: number;
}

export function arenaOf({ tensors, operators, input, output }: Graph): ArenaEstimate {
  const size = (index: number): number => {
    const { type, shape } = tensors[index];
    return Math.ceil((bytesOf[type] * elements(shape)) / ALIGNMENT) * ALIGNMENT;
  };
  const first = new Map<number, number>([[input, 0]]);
  const last = new Map<number, number>([[output, operators.length]]);
  for (const [at, operator] of operators.entries()) {
    if (!first.has(operator.output)) first.set(operator.output, at);
    for (const index of operator.inputs) if (!tensors[index].data) last.set(index, at);
  }
  let most = 0;
  for (const at of operators.keys()) {
    let now = 0;
    for (const [index, since] of first) if (since <= at && (last.get(index) ?? at) >= at) now += size(index);
    most = Math.max(most, now);
  }
  const channels = operators.reduce((sum, { inputs, name }) => {
    const weights = name === 'CONV_2D' || name === 'DEPTHWISE_CONV_2D' ? tensors[inputs[1]] : undefined;
    return sum + (weights?.type === 'int8' ? (weights.quantisation?.scale.length ?? 0) : 0);
  }, 0);
  const buffer = Math.max(0, ...operators.map((operator) => scratch(operator, tensors)));
  const total =
    most + buffer + INTERPRETER + TENSOR * tensors.length + OPERATOR * operators.length + CHANNEL * channels;
  return { tensors: most, total: Math.ceil(total / ALIGNMENT) * ALIGNMENT };
}
