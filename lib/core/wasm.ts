/** Instances of core.wasm. Each has a memory of its own, which this file grows and looks into; the core allocates nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '../refused';

/** What core/wasm.cpp exports. Numbers that end in "At" are addresses in the instance's memory. */
export interface CoreExports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  __heap_base: { readonly value: number };
  session_bytes(): number;
  session_plan(sessionAt: number, wordsAt: number, count: number): number;
  session_open(sessionAt: number): void;
  parameters(sessionAt: number): number;
  input_size(sessionAt: number): number;
  output_size(sessionAt: number): number;
  put_weights(sessionAt: number, flatAt: number): void;
  get_weights(sessionAt: number, flatAt: number): void;
  get_gradient(sessionAt: number, flatAt: number): void;
  set_samples(
    sessionAt: number,
    featuresAt: number,
    targetsAt: number,
    count: number,
    meanAt: number,
    inverseDeviationAt: number,
    classWeightsAt: number,
    focalGamma: number,
  ): void;
  set_soft(sessionAt: number, rowsAt: number, temperature: number, share: number): void;
  set_optimizer(
    sessionAt: number,
    kind: number,
    rate: number,
    momentum: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    l2: number,
    clipNorm: number,
  ): void;
  set_terms(sessionAt: number, proximal: number, anchorAt: number, controlAt: number, lipschitz: number): void;
  set_frozen(sessionAt: number, rangesAt: number, count: number): void;
  set_adversary(
    sessionAt: number,
    method: number,
    steps: number,
    epsilon: number,
    stepSize: number,
    share: number,
    seed: number,
  ): void;
  attack(sessionAt: number, first: number, count: number, outAt: number): number;
  begin_training(
    sessionAt: number,
    epochs: number,
    batch: number,
    maxSteps: number,
    seed: number,
    fullBatch: number,
    orderAt: number,
  ): void;
  train(sessionAt: number, batches: number): number;
  steps(sessionAt: number): number;
  begin_pass(sessionAt: number): void;
  pass(sessionAt: number, gradient: number): number;
  pass_loss(sessionAt: number): number;
  last_loss(sessionAt: number): number;
  first_loss(sessionAt: number): number;
  predict(sessionAt: number, first: number, count: number, outAt: number): void;
  greatest_bits(vectorAt: number, length: number): number;
  dot(leftAt: number, rightAt: number, length: number): number;
  squared_norm(vectorAt: number, length: number): number;
  dot_wide(vectorAt: number, directionAt: number, length: number): number;
  distance_wide(vectorAt: number, pointAt: number, length: number): number;
  ranges(vectorAt: number, length: number, row: number, lowAt: number, highAt: number): void;
  fold_add(binsAt: number, vectorAt: number, length: number, weight: number): void;
  fold_settle(binsAt: number, length: number, terms: number): void;
  fold_mean(binsAt: number, length: number, divisor: number, outAt: number): void;
  distances_put(vectorAt: number, length: number, row: number, count: number, blocksAt: number): void;
  distances_of(blocksAt: number, count: number, length: number, sumsAt: number): void;
  distances_mirror(sumsAt: number, count: number): void;
  by_coordinate(
    kind: number,
    rowsAt: number,
    count: number,
    stride: number,
    columns: number,
    number: number,
    keysAt: number,
    spareAt: number,
    outAt: number,
  ): number;
  greatest_magnitude(vectorAt: number, length: number, k: number, countsAt: number): number;
  positions_from(vectorAt: number, length: number, bits: number, equal: number, outAt: number): number;
  draw_positions(length: number, k: number, seed: number, outAt: number): void;
  crc32(bytesAt: number, length: number, crc: number): number;
  quantize(
    vectorAt: number,
    length: number,
    bits: number,
    scalesAt: number,
    zerosAt: number,
    row: number,
    stochastic: number,
    seed: number,
    outAt: number,
  ): void;
  dequantize(
    bytesAt: number,
    length: number,
    bits: number,
    scalesAt: number,
    zerosAt: number,
    row: number,
    outAt: number,
  ): void;
  rotated_codes(
    vectorAt: number,
    count: number,
    size: number,
    rotate: number,
    seed: number,
    bits: number,
    levelsAt: number,
    workAt: number,
    outAt: number,
    madeAt: number,
  ): void;
  rotated_back(
    bytesAt: number,
    size: number,
    rotate: number,
    seed: number,
    bits: number,
    levelsAt: number,
    scale: number,
    outAt: number,
  ): void;
  trits(vectorAt: number, length: number, step: number, seed: number, levelsAt: number, outAt: number): void;
  trits_back(bytesAt: number, length: number, step: number, outAt: number): number;
  bucket_levels(
    vectorAt: number,
    length: number,
    bucket: number,
    most: number,
    seed: number,
    stepsAt: number,
    levelsAt: number,
  ): void;
  write_buckets(levelsAt: number, length: number, bucket: number, sparse: number, outAt: number): number;
  read_buckets(
    bytesAt: number,
    bytes: number,
    length: number,
    bucket: number,
    most: number,
    sparse: number,
    stepsAt: number,
    outAt: number,
  ): number;
  int8_bytes(): number;
  int8_open(networkAt: number, fileAt: number, bytes: number): number;
  int8_arena(networkAt: number): number;
  int8_products(networkAt: number): number;
  int8_count(networkAt: number): number;
  int8_operator(networkAt: number, index: number): number;
  int8_edges(networkAt: number): number;
  int8_inputs(networkAt: number): number;
  int8_outputs(networkAt: number): number;
  int8_scale(networkAt: number, output: number): number;
  int8_zero(networkAt: number, output: number): number;
  int8_codes(networkAt: number, arenaAt: number, inAt: number, outAt: number): void;
  int8_forward(networkAt: number, arenaAt: number, inAt: number, outAt: number): void;
}

/** An instance and its memory. Views are good until the next reserve(). */
export interface Core {
  readonly exports: CoreExports;
  /** The first free address, a multiple of 16. */
  readonly base: number;
  /** Makes the memory reach to base + bytes. Throws RefusedError 'memory' when it cannot. */
  reserve(bytes: number): void;
  /** Bytes of the whole memory. */
  size(): number;
  bytes(at: number, length: number): Uint8Array;
  int32(at: number, length: number): Int32Array;
  float32(at: number, length: number): Float32Array;
  float64(at: number, length: number): Float64Array;
}

const PAGE = 65536;
const MOST_BYTES = 2 ** 31 - PAGE;

/** Rounds a size or address up to a multiple of 16. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** From dist/lib/core: dist/core/core.wasm as packed, else core/core.wasm of the working tree. */
function load(): WebAssembly.Module {
  const places = ['../../core/core.wasm', '../../../core/core.wasm'].map((path) => join(__dirname, path));
  const path = places.find((place) => existsSync(place));
  if (!path) throw new Error(`core.wasm is missing at ${places[0]}: install the package again.`);
  return new WebAssembly.Module(readFileSync(path));
}

let compiled: WebAssembly.Module | undefined;

export function createCore(): Core {
  compiled ??= load();
  const core = new WebAssembly.Instance(compiled).exports as unknown as CoreExports;
  const base = aligned(core.__heap_base.value);
  const { memory } = core;
  return {
    exports: core,
    base,
    reserve(bytes) {
      const missing = base + bytes - memory.buffer.byteLength;
      if (missing <= 0) return;
      try {
        if (base + bytes > MOST_BYTES) throw new RangeError('over the limit');
        memory.grow(Math.ceil(missing / PAGE));
      } catch {
        const megabytes = Math.ceil(bytes / 2 ** 20);
        throw new RefusedError('memory', `This needs ${megabytes} MB at once, which cannot be had: use less data.`);
      }
    },
    size: () => memory.buffer.byteLength,
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
    int32: (at, length) => new Int32Array(memory.buffer, at, length),
    float32: (at, length) => new Float32Array(memory.buffer, at, length),
    float64: (at, length) => new Float64Array(memory.buffer, at, length),
  };
}
