/**
 * TensorFlow Lite itself (with XNNPACK, compiled to WebAssembly in the npm package @tensorflow/tfjs-tflite), without a
 * browser: an implementation that knows nothing of ours, to hold .tflite files against.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Numbers = Int8Array | Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

interface TensorInfo {
  id: number;
  dataType: string;
  name: string;
  /** Such as "1,8,8,1". */
  shape: string;
  /** A view of the interpreter's memory. */
  data(): Numbers;
}

interface TensorList {
  size(): number;
  get(index: number): TensorInfo;
  delete(): void;
}

interface Runner {
  GetInputs(): TensorList;
  GetOutputs(): TensorList;
  Infer(): boolean;
  delete(): void;
}

interface RunnerOrStatus {
  ok(): boolean;
  errorMessage(): string;
  value(): Runner;
  delete(): void;
}

interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      at: number,
      bytes: number,
      options: { numThreads: number; enableProfiling: boolean; maxProfilingBufferEntries: number },
    ): RunnerOrStatus;
  };
}

type Factory = (options: { wasmBinary: Buffer; print: () => void; printErr: () => void }) => Promise<Module>;

let loaded: Promise<Module> | undefined;

function load(): Promise<Module> {
  const folder = join(dirname(require.resolve('@tensorflow/tfjs-tflite/package.json')), 'wasm');
  const factory: Factory = require(join(folder, 'tflite_web_api_cc.js'));
  const quiet = (): void => {};
  return factory({ wasmBinary: readFileSync(join(folder, 'tflite_web_api_cc.wasm')), print: quiet, printErr: quiet });
}

export interface TfliteTensor {
  name: string;
  /** 'float32' or 'int8', for the files here. */
  dataType: string;
  shape: number[];
}

export interface TfliteInterpreter {
  input: TfliteTensor;
  output: TfliteTensor;
  /** One row of the input's type to one row of the output's: codes for an int8 file, numbers for a float32 file. */
  run(row: ArrayLike<number>): number[];
  close(): void;
}

const describe = ({ name, dataType, shape }: TensorInfo): TfliteTensor => ({
  name,
  dataType,
  shape: shape.split(',').map(Number),
});

function only(list: TensorList, what: string): TensorInfo {
  if (list.size() !== 1) throw new Error(`The file has ${list.size()} ${what}, not one.`);
  return list.get(0);
}

/** Rejects with what TensorFlow Lite says when it does not take the file. For a file with one input and one output. */
export async function openTflite(file: Uint8Array): Promise<TfliteInterpreter> {
  loaded ??= load();
  const module = await loaded;
  const at = module._malloc(file.length);
  module.HEAPU8.set(file, at);
  const made = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(at, file.length, {
    numThreads: 1,
    enableProfiling: false,
    maxProfilingBufferEntries: 1024,
  });
  if (!made.ok()) {
    const message = made.errorMessage();
    made.delete();
    module._free(at);
    throw new Error(message);
  }
  const runner = made.value();
  const input = only(runner.GetInputs(), 'inputs');
  const output = only(runner.GetOutputs(), 'outputs');
  return {
    input: describe(input),
    output: describe(output),
    run(row) {
      // Asked for each time: the view is lost when the interpreter's memory grows.
      const to = input.data();
      if (row.length !== to.length) throw new Error(`The file takes ${to.length} numbers, not ${row.length}.`);
      to.set(row);
      if (!runner.Infer()) throw new Error('TensorFlow Lite could not run the file.');
      return Array.from(output.data());
    },
    close() {
      runner.delete();
      module._free(at);
    },
  };
}
