/** Reads a good .tflite file with the flatbuffers package: what the slow model needs. Independent of core/int8. */
import { ByteBuffer } from 'flatbuffers';

export interface FileTensor {
  shape: number[];
  type: number;
  scales: number[];
  zeros: number[];
  /** Places of the scales in the file. */
  scalesAt: number[];
  /** A view into the file. */
  data: Uint8Array;
}

export interface FileOperator {
  code: number;
  inputs: number[];
  output: number;
  /** The options' field as a signed byte, an int32 or a float, or what it is when it is left out. */
  byte(field: number): number;
  int(field: number, otherwise?: number): number;
  float(field: number): number;
}

export interface File {
  tensors: FileTensor[];
  operators: FileOperator[];
  input: number;
  output: number;
}

export function readFile(bytes: Uint8Array): File {
  const buffer = new ByteBuffer(bytes);
  const field = (table: number, index: number): number => {
    const offset = buffer.__offset(table, 4 + 2 * index);
    return offset === 0 ? 0 : table + offset;
  };
  const child = (table: number, index: number): number => {
    const at = field(table, index);
    return at === 0 ? 0 : buffer.__indirect(at);
  };
  const vector = (table: number, index: number): { at: number; count: number } => {
    const at = field(table, index);
    return at === 0 ? { at: 0, count: 0 } : { at: buffer.__vector(at), count: buffer.__vector_len(at) };
  };
  const list = <T>(table: number, index: number, size: number, read: (at: number) => T): T[] => {
    const { at, count } = vector(table, index);
    return Array.from({ length: count }, (_, i) => read(at + i * size));
  };
  const tables = (table: number, index: number): number[] => list(table, index, 4, (at) => buffer.__indirect(at));
  const ints = (table: number, index: number): number[] => list(table, index, 4, (at) => buffer.readInt32(at));
  const byteOf = (at: number): number => (at === 0 ? 0 : buffer.readInt8(at));
  const intOf = (at: number, otherwise = 0): number => (at === 0 ? otherwise : buffer.readInt32(at));

  const model = buffer.readInt32(0);
  const codes = tables(model, 1).map((code) => Math.max(byteOf(field(code, 0)), intOf(field(code, 3))));
  const [graph] = tables(model, 2);
  const buffers = tables(model, 4).map((table) => {
    const { at, count } = vector(table, 0);
    return bytes.subarray(at, at + count);
  });
  const tensors = tables(graph, 0).map((tensor) => {
    const quantisation = child(tensor, 4);
    return {
      shape: ints(tensor, 0),
      type: byteOf(field(tensor, 1)),
      scales: quantisation ? list(quantisation, 2, 4, (at) => buffer.readFloat32(at)) : [],
      zeros: quantisation ? list(quantisation, 3, 8, (at) => Number(buffer.readInt64(at))) : [],
      scalesAt: quantisation ? list(quantisation, 2, 4, (at) => at) : [],
      data: buffers[intOf(field(tensor, 2))],
    };
  });
  const operators = tables(graph, 3).map((operator) => {
    const options = child(operator, 4);
    return {
      code: codes[intOf(field(operator, 0))],
      inputs: ints(operator, 1),
      output: ints(operator, 2)[0],
      byte: (index: number) => byteOf(field(options, index)),
      int: (index: number, otherwise = 0) => intOf(field(options, index), otherwise),
      float: (index: number) => buffer.readFloat32(field(options, index)),
    };
  });
  return { tensors, operators, input: ints(graph, 1)[0], output: ints(graph, 2)[0] };
}
