/** One planned model in the memory of one instance: [session and its numbers | what the job brings]. */
import { INFINITY_BITS } from '../../core/bins';
import { refusalOf } from '../../core/program';
import { aligned, type Core, createCore } from '../../core/wasm';
import { RefusedError } from '../../refused';
import type { Normalisation } from '../engine';

export interface Session {
  readonly core: Core;
  readonly at: number;
  readonly parameters: number;
  readonly inputSize: number;
  readonly outputSize: number;
  putWeights(weights: Float32Array): void;
  getWeights(): Float32Array;
  /** Puts arrays behind the model and tells their addresses; an empty or absent one gives address 0. */
  place(...arrays: (Float32Array | number | undefined)[]): number[];
}

export const finiteAt = (core: Core, at: number, length: number): boolean =>
  core.exports.greatest_bits(at, length) < INFINITY_BITS;

/** Throws RefusedError when the plan is refused. */
export function openSession(program: Int32Array): Session {
  const core = createCore();
  const { exports: wasm, base } = core;
  const head = wasm.session_bytes();
  const wordsAt = aligned(base + head);
  core.reserve(wordsAt + program.byteLength - base);
  core.int32(wordsAt, program.length).set(program);
  const numbers = wasm.session_plan(base, wordsAt, program.length);
  if (numbers < 0) throw refusalOf(numbers);
  const freeAt = aligned(base + head + numbers * 4);
  core.reserve(freeAt - base);
  wasm.session_open(base);
  const parameters = wasm.parameters(base);

  const place = (...arrays: (Float32Array | number | undefined)[]): number[] => {
    const lengths = arrays.map((one) => (typeof one === 'number' ? one : (one?.length ?? 0)));
    let end = freeAt;
    const places = lengths.map((length) => {
      const at = end;
      end = aligned(end + length * 4);
      return length > 0 ? at : 0;
    });
    core.reserve(end - base);
    arrays.forEach((one, i) => {
      if (typeof one === 'object' && one.length > 0) core.float32(places[i], one.length).set(one);
    });
    return places;
  };

  return {
    core,
    at: base,
    parameters,
    inputSize: wasm.input_size(base),
    outputSize: wasm.output_size(base),
    place,
    putWeights(weights) {
      if (weights.length !== parameters) {
        throw new RefusedError('weights', `The model has ${parameters} parameters, but ${weights.length} came.`);
      }
      const [at] = place(weights);
      if (!finiteAt(core, at, parameters)) throw new RefusedError('not-finite', 'The weights are not all finite.');
      wasm.put_weights(base, at);
    },
    getWeights() {
      const [at] = place(parameters);
      wasm.get_weights(base, at);
      return core.float32(at, parameters).slice();
    },
  };
}

/** A feature that does not vary (deviation 0) is only shifted. */
export const inverseDeviation = (normalisation: Normalisation): Float32Array =>
  Float32Array.from(normalisation.std, (std) => (std > 0 ? 1 / std : 1));
