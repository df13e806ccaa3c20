/** A graph as the bytes of a .tflite file. */
import { Builder, ByteBuffer } from 'flatbuffers';
import type { Graph, GraphOperator, GraphTensor, OperatorOptions, Quantisation } from './graph';
import * as schema from './schema';

/** Kernels of boards read weights in place, and fault on what lies askew. */
export const ALIGNMENT = 16;

/** A table's fields by their place; 0-valued ones are written too where `put` says so. */
function table(to: Builder, fields: number, put: () => void): number {
  to.startObject(fields);
  put();
  return to.endObject();
}

function int32s(to: Builder, values: readonly number[]): number {
  to.startVector(4, values.length, 4);
  for (let i = values.length - 1; i >= 0; i--) to.addInt32(values[i]);
  return to.endVector();
}

function float32s(to: Builder, values: readonly number[]): number {
  to.startVector(4, values.length, 4);
  for (let i = values.length - 1; i >= 0; i--) to.addFloat32(values[i]);
  return to.endVector();
}

function int64s(to: Builder, values: readonly number[]): number {
  to.startVector(8, values.length, 8);
  for (let i = values.length - 1; i >= 0; i--) to.addInt64(BigInt(values[i]));
  return to.endVector();
}

function offsets(to: Builder, values: readonly number[]): number {
  to.startVector(4, values.length, 4);
  for (let i = values.length - 1; i >= 0; i--) to.addOffset(values[i]);
  return to.endVector();
}

/** The bytes of a constant, little-endian whatever this machine is. */
function bytesOf(data: Float32Array | Int8Array | Int32Array): Uint8Array {
  if (data instanceof Int8Array) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const bytes = new Uint8Array(4 * data.length);
  const view = new DataView(bytes.buffer);
  if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i], true);
  else for (let i = 0; i < data.length; i++) view.setInt32(4 * i, data[i], true);
  return bytes;
}

function bufferOf(to: Builder, data: Uint8Array | undefined): number {
  if (!data) return table(to, schema.buffer.fields, () => {});
  // A vector whose elements are 16 bytes lies on such a boundary; then it is told how many bytes it really has.
  to.startVector(1, data.length, ALIGNMENT);
  // What startVector pads lies behind the data: the builder writes from the end to the beginning.
  for (let i = data.length - 1; i >= 0; i--) to.writeInt8(data[i]);
  const vector = to.endVector();
  return table(to, schema.buffer.fields, () => to.addFieldOffset(schema.buffer.data, vector, 0));
}

function quantisationOf(to: Builder, { scale, zeroPoint, axis }: Quantisation): number {
  const scales = float32s(to, scale);
  const zeros = int64s(to, zeroPoint);
  const field = schema.quantization;
  return table(to, field.fields, () => {
    to.addFieldOffset(field.scale, scales, 0);
    // A scale without this array is silently taken as "not quantised".
    to.addFieldOffset(field.zeroPoint, zeros, 0);
    to.addFieldInt32(field.quantizedDimension, axis, 0);
  });
}

function tensorOf(to: Builder, tensor: GraphTensor, buffer: number): number {
  const field = schema.tensor;
  const shape = int32s(to, tensor.shape);
  const name = to.createString(tensor.name);
  const quantisation = tensor.quantisation ? quantisationOf(to, tensor.quantisation) : 0;
  return table(to, field.fields, () => {
    to.addFieldOffset(field.shape, shape, 0);
    to.addFieldInt8(field.type, schema.tensorType[tensor.type], 0);
    to.addFieldInt32(field.buffer, buffer, 0);
    to.addFieldOffset(field.name, name, 0);
    to.addFieldOffset(field.quantization, quantisation, 0);
    to.addFieldInt8(field.hasRank, 1, 0);
  });
}

function optionsOf(to: Builder, options: OperatorOptions): { type: number; at: number } {
  const activation = (relu: boolean): number => (relu ? schema.fused.relu : schema.fused.linear);
  switch (options.kind) {
    case 'conv2d':
    case 'depthwise': {
      const field = options.kind === 'conv2d' ? schema.conv2d : schema.depthwise;
      const at = table(to, field.fields, () => {
        to.addFieldInt8(field.padding, schema.padding[options.padding], 0);
        to.addFieldInt32(field.strideW, options.strides[1], 0);
        to.addFieldInt32(field.strideH, options.strides[0], 0);
        if (options.kind === 'depthwise') to.addFieldInt32(schema.depthwise.multiplier, options.multiplier, 0);
        to.addFieldInt8(field.activation, activation(options.relu), 0);
        to.addFieldInt32(field.dilationW, 1, null);
        to.addFieldInt32(field.dilationH, 1, null);
      });
      return { type: schema.optionsType[options.kind], at };
    }
    case 'pool2d': {
      const field = schema.pool2d;
      const at = table(to, field.fields, () => {
        to.addFieldInt8(field.padding, schema.padding[options.padding], 0);
        to.addFieldInt32(field.strideW, options.strides[1], 0);
        to.addFieldInt32(field.strideH, options.strides[0], 0);
        to.addFieldInt32(field.filterWidth, options.size[1], 0);
        to.addFieldInt32(field.filterHeight, options.size[0], 0);
      });
      return { type: schema.optionsType.pool2d, at };
    }
    case 'fullyConnected': {
      const field = schema.fullyConnected;
      const at = table(to, field.fields, () => {
        to.addFieldInt8(field.activation, activation(options.relu), 0);
        to.addFieldInt8(field.keepNumDims, 1, 0);
      });
      return { type: schema.optionsType.fullyConnected, at };
    }
    case 'softmax':
      return {
        type: schema.optionsType.softmax,
        at: table(to, schema.softmax.fields, () => to.addFieldFloat32(schema.softmax.beta, 1, 0)),
      };
    case 'reshape': {
      const shape = int32s(to, options.shape);
      const at = table(to, schema.reshape.fields, () => to.addFieldOffset(schema.reshape.newShape, shape, 0));
      return { type: schema.optionsType.reshape, at };
    }
    case 'leakyRelu':
      return {
        type: schema.optionsType.leakyRelu,
        at: table(to, schema.leakyRelu.fields, () => to.addFieldFloat32(schema.leakyRelu.alpha, options.slope, 0)),
      };
    case 'none':
      return { type: 0, at: 0 };
  }
}

function operatorOf(to: Builder, { inputs, output, options }: GraphOperator, code: number): number {
  const field = schema.operator;
  const from = int32s(to, inputs);
  const into = int32s(to, [output]);
  const { type, at } = optionsOf(to, options);
  return table(to, field.fields, () => {
    to.addFieldInt32(field.opcodeIndex, code, 0);
    to.addFieldOffset(field.inputs, from, 0);
    to.addFieldOffset(field.outputs, into, 0);
    to.addFieldInt8(field.builtinOptionsType, type, 0);
    to.addFieldOffset(field.builtinOptions, at, 0);
  });
}

/** The different operators of a graph, in the order in which they first come. */
export const operatorsOf = (graph: Graph): schema.OperatorName[] => [
  ...new Set(graph.operators.map(({ name }) => name)),
];

/** Reads the written file back: each constant must begin on a boundary. */
function checkAlignment(file: Uint8Array): void {
  const bytes = new ByteBuffer(file);
  const place = (table: number, field: number): number => {
    const offset = bytes.__offset(table, 4 + 2 * field);
    return offset === 0 ? 0 : table + offset;
  };
  const root = bytes.readInt32(0);
  const list = place(root, schema.model.buffers);
  const [first, count] = [bytes.__vector(list), bytes.__vector_len(list)];
  for (let i = 0; i < count; i++) {
    const data = place(bytes.__indirect(first + 4 * i), schema.buffer.data);
    if (data !== 0 && bytes.__vector(data) % ALIGNMENT !== 0) throw new Error(`Buffer ${i} of the file lies askew.`);
  }
}

/** The file has memory of its own, as long as it is. */
export function writeTflite(graph: Graph): Uint8Array {
  const to = new Builder(1024);
  const constants = graph.tensors.flatMap(({ data }) => (data ? [bytesOf(data)] : []));
  // Buffer 0 stands for "made while the network runs" and is empty.
  const buffers = offsets(
    to,
    [undefined, ...constants].map((data) => bufferOf(to, data)),
  );
  let next = 1;
  const tensors = offsets(
    to,
    graph.tensors.map((tensor) => tensorOf(to, tensor, tensor.data ? next++ : 0)),
  );
  const names = operatorsOf(graph);
  const operators = offsets(
    to,
    graph.operators.map((operator) => operatorOf(to, operator, names.indexOf(operator.name))),
  );
  const isInt8 = graph.tensors[graph.input].type === 'int8';
  const codes = offsets(
    to,
    names.map((name) =>
      table(to, schema.operatorCode.fields, () => {
        to.addFieldInt8(schema.operatorCode.deprecatedBuiltinCode, schema.builtin[name], 0);
        to.addFieldInt32(schema.operatorCode.version, schema.operatorVersion[name][isInt8 ? 'int8' : 'float32'], 1);
        to.addFieldInt32(schema.operatorCode.builtinCode, schema.builtin[name], 0);
      }),
    ),
  );
  const [inputs, outputs] = [int32s(to, [graph.input]), int32s(to, [graph.output])];
  const name = to.createString(graph.name);
  const field = schema.subgraph;
  const whole = table(to, field.fields, () => {
    to.addFieldOffset(field.tensors, tensors, 0);
    to.addFieldOffset(field.inputs, inputs, 0);
    to.addFieldOffset(field.outputs, outputs, 0);
    to.addFieldOffset(field.operators, operators, 0);
    to.addFieldOffset(field.name, name, 0);
  });
  const subgraphs = offsets(to, [whole]);
  const description = to.createString(graph.description);
  const root = table(to, schema.model.fields, () => {
    to.addFieldInt32(schema.model.version, schema.VERSION, 0);
    to.addFieldOffset(schema.model.operatorCodes, codes, 0);
    to.addFieldOffset(schema.model.subgraphs, subgraphs, 0);
    to.addFieldOffset(schema.model.description, description, 0);
    to.addFieldOffset(schema.model.buffers, buffers, 0);
  });
  to.finish(root, schema.IDENTIFIER);
  const file = to.asUint8Array().slice();
  checkAlignment(file);
  return file;
}
