/**
 * The numbers of TensorFlow Lite's published schema (schema.fbs, version 3) that the writer needs: the place of a field in
 * its table, and the values of the enumerations.
 */
export const IDENTIFIER = 'TFL3';
export const VERSION = 3;

/** Tables: how many fields are laid out here, and where each is. */
export const model = { fields: 5, version: 0, operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4 } as const;
export const operatorCode = { fields: 4, deprecatedBuiltinCode: 0, version: 2, builtinCode: 3 } as const;
export const subgraph = { fields: 5, tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 } as const;
export const tensor = { fields: 9, shape: 0, type: 1, buffer: 2, name: 3, quantization: 4, hasRank: 8 } as const;
export const quantization = { fields: 7, scale: 2, zeroPoint: 3, quantizedDimension: 6 } as const;
export const buffer = { fields: 1, data: 0 } as const;
export const operator = {
  fields: 5,
  opcodeIndex: 0,
  inputs: 1,
  outputs: 2,
  builtinOptionsType: 3,
  builtinOptions: 4,
} as const;

export const tensorType = { float32: 0, int32: 2, int8: 9 } as const;
export type TensorType = keyof typeof tensorType;

export const builtin = {
  AVERAGE_POOL_2D: 1,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  RESHAPE: 22,
  SOFTMAX: 25,
  TANH: 28,
  LEAKY_RELU: 98,
} as const;
export type OperatorName = keyof typeof builtin;

/** What the resolver of TensorFlow Lite Micro (MicroMutableOpResolver) calls each operator. */
export const resolverCall: Readonly<Record<OperatorName, string>> = {
  AVERAGE_POOL_2D: 'AddAveragePool2D',
  CONV_2D: 'AddConv2D',
  DEPTHWISE_CONV_2D: 'AddDepthwiseConv2D',
  FULLY_CONNECTED: 'AddFullyConnected',
  LOGISTIC: 'AddLogistic',
  MAX_POOL_2D: 'AddMaxPool2D',
  RESHAPE: 'AddReshape',
  SOFTMAX: 'AddSoftmax',
  TANH: 'AddTanh',
  LEAKY_RELU: 'AddLeakyRelu',
};

/** The version of each operator that a file asks for: with float32, and with int8 tensors. */
export const operatorVersion: Readonly<Record<OperatorName, { float32: number; int8: number }>> = {
  AVERAGE_POOL_2D: { float32: 1, int8: 2 },
  CONV_2D: { float32: 1, int8: 3 },
  DEPTHWISE_CONV_2D: { float32: 1, int8: 3 },
  // 5 came with keep_num_dims.
  FULLY_CONNECTED: { float32: 5, int8: 5 },
  LOGISTIC: { float32: 1, int8: 2 },
  MAX_POOL_2D: { float32: 1, int8: 2 },
  RESHAPE: { float32: 1, int8: 1 },
  SOFTMAX: { float32: 1, int8: 2 },
  TANH: { float32: 1, int8: 2 },
  LEAKY_RELU: { float32: 1, int8: 2 },
};

export const padding = { same: 0, valid: 1 } as const;
export const fused = { linear: 0, relu: 1 } as const;

/** Members of the union BuiltinOptions, and the fields of each table. */
export const optionsType = {
  conv2d: 1,
  depthwise: 2,
  pool2d: 5,
  fullyConnected: 8,
  softmax: 9,
  reshape: 17,
  leakyRelu: 75,
} as const;
export const conv2d = {
  fields: 6,
  padding: 0,
  strideW: 1,
  strideH: 2,
  activation: 3,
  dilationW: 4,
  dilationH: 5,
} as const;
export const depthwise = {
  fields: 7,
  padding: 0,
  strideW: 1,
  strideH: 2,
  multiplier: 3,
  activation: 4,
  dilationW: 5,
  dilationH: 6,
} as const;
export const pool2d = {
  fields: 6,
  padding: 0,
  strideW: 1,
  strideH: 2,
  filterWidth: 3,
  filterHeight: 4,
  activation: 5,
} as const;
export const fullyConnected = { fields: 3, activation: 0, weightsFormat: 1, keepNumDims: 2 } as const;
export const softmax = { fields: 1, beta: 0 } as const;
export const reshape = { fields: 1, newShape: 0 } as const;
export const leakyRelu = { fields: 1, alpha: 0 } as const;
