/** The sentences for core/int8/refusal.h's refusals of a .tflite file. */
import { RefusedError } from '../refused';

/** Names of TensorFlow Lite's operators by their code, as its published schema has them: those that are done, and those met most. */
const names: Readonly<Record<number, string>> = {
  0: 'ADD',
  1: 'AVERAGE_POOL_2D',
  2: 'CONCATENATION',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  9: 'FULLY_CONNECTED',
  14: 'LOGISTIC',
  17: 'MAX_POOL_2D',
  18: 'MUL',
  19: 'RELU',
  21: 'RELU6',
  22: 'RESHAPE',
  25: 'SOFTMAX',
  28: 'TANH',
  32: 'CUSTOM',
  34: 'PAD',
  40: 'MEAN',
  43: 'SQUEEZE',
  45: 'STRIDED_SLICE',
  70: 'EXPAND_DIMS',
  77: 'SHAPE',
  83: 'PACK',
  98: 'LEAKY_RELU',
  114: 'QUANTIZE',
};

export const operatorName = (code: number): string => names[code] ?? `operator ${code}`;

const sentences: Readonly<Record<number, readonly [code: string, sentence: string]>> = {
  [-101]: ['tflite-file', 'This is not a whole .tflite file: copy or convert it again.'],
  [-102]: ['tflite-file', 'A part of the .tflite file does not lie on its boundary: write it with aligned buffers.'],
  [-103]: ['tflite-version', 'The .tflite file has another version of the format than 3: convert the model again.'],
  [-104]: ['tflite-graph', 'The .tflite file must have one subgraph: convert a model without control flow.'],
  [-105]: [
    'tflite-graph',
    'The model must be a chain from one input to one output: leave out branches and further outputs.',
  ],
  [-106]: ['tflite-graph', 'The model has no operator, or more than can be held: make it shorter.'],
  [-107]: [
    'tflite-operator',
    'Only the operators in docs/int8.md are done here: change the model or run it elsewhere.',
  ],
  [-108]: ['tflite-options', 'Its options are missing or ask for what is not done here: see docs/int8.md.'],
  [-109]: ['tflite-shape', 'A size is open that must be known: convert the model with fixed shapes.'],
  [-110]: [
    'tflite-shape',
    'Its shapes do not go together, or it takes several rows at once: convert it for a batch of 1.',
  ],
  [-111]: ['tflite-type', 'Only int8 networks with int32 biases are run here: convert with full integer quantisation.'],
  [-112]: ['tflite-quantisation', 'A tensor has no scale or no zero point: convert with full integer quantisation.'],
  [-113]: [
    'tflite-quantisation',
    'Its scales and zero points are not as the operator takes them: convert the model again.',
  ],
  [-114]: [
    'tflite-per-channel',
    'A fully connected layer has a scale for each output, which boards compute wrongly: quantise it per tensor.',
  ],
  [-115]: ['tflite-data', 'Weights are missing, sparse or of the wrong length: convert without compression.'],
  [-116]: ['tflite-size', 'The model is too large for this arithmetic: make its layers smaller.'],
};

/** The error for a refusal; `operator` is the code of the operator that was refused, 0 if it was none. */
export function int8Refusal(refusal: number, operator: number): RefusedError {
  const [code, sentence] = sentences[refusal] ?? ['tflite-file', 'The .tflite file cannot be read.'];
  const named = refusal <= -107 && refusal >= -116 && (operator !== 0 || refusal === -107);
  return new RefusedError(code, named ? `${operatorName(operator)}: ${sentence}` : sentence);
}
