/** TensorFlow Lite itself, as @tensorflow/tfjs-tflite ships it in WebAssembly: an interpreter that npm test has without Python. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface TensorInfo {
  data(): Int8Array | Float32Array;
}
interface Runner {
  GetInputs(): { get(index: number): TensorInfo };
  GetOutputs(): { get(index: number): TensorInfo };
  Infer(): boolean;
}
interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      at: number,
      bytes: number,
      options: { numThreads: number; enableProfiling: boolean; maxProfilingBufferEntries: number },
    ): { ok(): boolean; errorMessage(): string; value(): Runner };
  };
}

export interface WebInterpreter {
  /** One row, in the type of the file's input, to one row in the type of its output. */
  run<T extends Int8Array | Float32Array>(row: T): T;
}

let loaded: Promise<Module> | undefined;

function load(): Promise<Module> {
  const folder = join(dirname(require.resolve('@tensorflow/tfjs-tflite/package.json')), 'wasm');
  const factory: (options: object) => Promise<Module> = require(join(folder, 'tflite_web_api_cc.js'));
  const quiet = () => {};
  return factory({ wasmBinary: readFileSync(join(folder, 'tflite_web_api_cc.wasm')), print: quiet, printErr: quiet });
}

export async function webInterpreter(file: Uint8Array): Promise<WebInterpreter> {
  loaded ??= load();
  const module = await loaded;
  const at = module._malloc(file.length);
  module.HEAPU8.set(file, at);
  const options = { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 0 };
  const made = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(at, file.length, options);
  if (!made.ok()) throw new Error(made.errorMessage());
  const runner = made.value();
  return {
    run: <T extends Int8Array | Float32Array>(row: T): T => {
      runner.GetInputs().get(0).data().set(row);
      if (!runner.Infer()) throw new Error('The interpreter failed');
      return runner.GetOutputs().get(0).data().slice() as T;
    },
  };
}
