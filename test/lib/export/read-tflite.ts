/** Reads a .tflite file by the published schema, with nothing of the writer's: places of fields are given here once more. */
import { ByteBuffer } from 'flatbuffers';

export interface ReadTensor {
  name: string;
  shape: number[];
  type: number;
  buffer: number;
  scale?: number[];
  zeroPoint?: number[];
  axis: number;
}

export interface ReadFile {
  identifier: string;
  version: number;
  codes: { deprecated: number; builtin: number; version: number }[];
  inputs: number[];
  outputs: number[];
  tensors: ReadTensor[];
  operators: { code: number; inputs: number[]; outputs: number[]; optionsType: number }[];
  /** Where the bytes of each buffer begin in the file, and how many they are; undefined: no bytes. */
  buffers: ({ at: number; bytes: number } | undefined)[];
  int8(buffer: number): Int8Array;
  int32(buffer: number): number[];
}

export function readTflite(file: Uint8Array): ReadFile {
  const bytes = new ByteBuffer(file);
  const at = (table: number, field: number): number => {
    const offset = bytes.__offset(table, 4 + 2 * field);
    return offset === 0 ? 0 : table + offset;
  };
  const each = <T>(place: number, size: number, read: (at: number) => T): T[] => {
    if (place === 0) return [];
    const first = bytes.__vector(place);
    return Array.from({ length: bytes.__vector_len(place) }, (_, i) => read(first + size * i));
  };
  const int32s = (place: number): number[] => each(place, 4, (one) => bytes.readInt32(one));
  const tables = <T>(place: number, read: (table: number) => T): T[] =>
    each(place, 4, (one) => read(bytes.__indirect(one)));
  const int32 = (table: number, field: number, fallback: number): number => {
    const place = at(table, field);
    return place === 0 ? fallback : bytes.readInt32(place);
  };
  const int8 = (table: number, field: number): number => {
    const place = at(table, field);
    return place === 0 ? 0 : bytes.readInt8(place);
  };
  const text = (place: number): string =>
    Buffer.from(file.subarray(bytes.__vector(place), bytes.__vector(place) + bytes.__vector_len(place))).toString();

  const root = bytes.readInt32(0);
  const [subgraph] = tables(at(root, 2), (table) => table);
  const buffers = tables(at(root, 4), (table) => {
    const place = at(table, 0);
    return place === 0 ? undefined : { at: bytes.__vector(place), bytes: bytes.__vector_len(place) };
  });
  const dataOf = (buffer: number): Uint8Array => {
    const found = buffers[buffer];
    if (!found) throw new Error(`buffer ${buffer} is empty`);
    return file.slice(found.at, found.at + found.bytes);
  };
  return {
    identifier: Buffer.from(file.subarray(4, 8)).toString('latin1'),
    version: int32(root, 0, 0),
    codes: tables(at(root, 1), (table) => ({
      deprecated: int8(table, 0),
      builtin: int32(table, 3, 0),
      version: int32(table, 2, 1),
    })),
    inputs: int32s(at(subgraph, 1)),
    outputs: int32s(at(subgraph, 2)),
    tensors: tables(at(subgraph, 0), (table) => {
      const place = at(table, 4);
      const quantisation = place === 0 ? undefined : bytes.__indirect(place);
      return {
        name: text(at(table, 3)),
        shape: int32s(at(table, 0)),
        type: int8(table, 1),
        buffer: int32(table, 2, 0),
        scale: quantisation === undefined ? undefined : each(at(quantisation, 2), 4, (one) => bytes.readFloat32(one)),
        zeroPoint:
          quantisation === undefined ? undefined : each(at(quantisation, 3), 8, (one) => Number(bytes.readInt64(one))),
        axis: quantisation === undefined ? 0 : int32(quantisation, 6, 0),
      };
    }),
    operators: tables(at(subgraph, 3), (table) => ({
      code: int32(table, 0, 0),
      inputs: int32s(at(table, 1)),
      outputs: int32s(at(table, 2)),
      optionsType: int8(table, 3),
    })),
    buffers,
    int8: (buffer) => new Int8Array(dataOf(buffer).buffer),
    int32: (buffer) => [...new Int32Array(dataOf(buffer).buffer)],
  };
}
