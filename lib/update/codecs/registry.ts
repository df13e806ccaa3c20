/** The codecs by name, and the two things one does with them: add a step to an update, undo all its steps. */
import { createKernels } from '../../core/create-kernels';
import type { Kernels } from '../../core/kernels';
import { limits } from '../limits';
import { type CodecStep, RefusedError, type TensorSizes, type UpdateHeader } from '../message';
import { readVector, vectorPayload, vectorSize } from '../vector';
import { bfloat16With } from './bfloat16';
import type { Codec } from './codec';
import { checkOrder, type Operation } from './composition';
import { driveWith } from './drive';
import { edenWith } from './eden';
import { layers } from './layers';
import { mask } from './mask';
import { qsgdWith } from './qsgd';
import { quantizeWith } from './quantize';
import { signWith } from './sign';
import { sparsifyWith } from './sparsify';
import { terngradWith } from './terngrad';

export type Registry = ReadonlyMap<string, Codec>;

export function registryWith(kernels: Kernels): Registry {
  const coders = [quantizeWith, driveWith, edenWith, signWith, terngradWith, qsgdWith, bfloat16With].map((codec) =>
    codec(kernels),
  );
  const all: Codec[] = [...coders, sparsifyWith(kernels), layers, mask];
  return new Map(all.map((codec) => [codec.name, codec]));
}

let shared: Registry | undefined;

/** All codecs of this suite, on one instance of the core that is made when first needed. */
export function codecs(): Registry {
  shared ??= registryWith(createKernels());
  return shared;
}

const find = (name: string, registry: Registry): Codec => {
  const codec = registry.get(name);
  if (codec !== undefined) return codec;
  throw new RefusedError(
    'codec-unknown',
    `The update was made with "${name}", which is not known here: update the palette at this end.`,
  );
};

const operationOf = (codec: Codec): Operation => {
  if (codec.role === 'coder') return codec.name === mask.name ? 'mask' : 'code';
  return codec.name === layers.name ? 'part' : 'select';
};

/** What was done to an update so far. */
export function operations(
  header: Pick<UpdateHeader, 'codecs' | 'privacy'>,
  registry: Registry = codecs(),
): Operation[] {
  const done: Operation[] = header.privacy ? ['noise'] : [];
  for (const step of header.codecs) done.push(operationOf(find(step.name, registry)));
  return done;
}

interface Opened {
  /** Side data of all selectors, still packed. */
  side: Buffer;
  tensors: TensorSizes;
  values: Float32Array;
  restore: ((kept: Float32Array) => Float32Array)[];
  select: ((vector: Float32Array) => Float32Array)[];
}

/** Walks the steps forward to find what is where, then decodes the numbers that remain. */
function open(payload: Buffer, steps: readonly CodecStep[], tensors: TensorSizes, registry: Registry): Opened {
  const restore: Opened['restore'] = [];
  const select: Opened['select'] = [];
  const done: Operation[] = [];
  let shapes = tensors;
  let start = 0;
  let coder: ((rest: Buffer) => Float32Array) | undefined;
  for (const step of steps) {
    const codec = find(step.name, registry);
    checkOrder(operationOf(codec), done);
    done.push(operationOf(codec));
    if (codec.role === 'coder') {
      coder = (rest) => codec.decode(rest, step, shapes);
    } else {
      const narrowed = codec.narrow(payload.subarray(start), step, shapes);
      start += narrowed.sideBytes;
      shapes = narrowed.tensors;
      restore.push(narrowed.restore);
      select.push(narrowed.select);
    }
  }
  const rest = payload.subarray(start);
  const values = coder ? coder(rest) : readVector(rest, vectorSize(shapes));
  return { side: payload.subarray(0, start), tensors: shapes, values, restore, select };
}

/**
 * Undoes all steps. `tensors` are those of the receiver's own model, never those of the message. Without steps the result
 * may be a view of the payload: do not write into it. Throws RefusedError: 'codec-unknown', 'codec-order',
 * 'codec-parameters', 'payload-size'.
 */
export function decodeAll(
  payload: Buffer,
  steps: readonly CodecStep[],
  tensors: TensorSizes,
  registry: Registry = codecs(),
): Float32Array {
  const opened = open(payload, steps, tensors, registry);
  return opened.restore.reduceRight((values, restore) => restore(values), opened.values);
}

export interface Remaining {
  /** May be a view of the payload: do not write into it. */
  values: Float32Array;
  /** The whole vector, with zeros where numbers were dropped. Likewise. */
  whole: Float32Array;
  /** Of a whole vector, those numbers that have not been dropped. */
  select(vector: Float32Array): Float32Array;
  /** Puts the payload together again. */
  payloadOf(values: Float32Array): Buffer;
}

/** What is left to work on where numbers were dropped, and none coded. */
export function remaining(
  { payload, fl }: { payload: Buffer; fl: Pick<UpdateHeader, 'codecs' | 'tensors'> },
  registry: Registry = codecs(),
): Remaining {
  const { side, values, restore, select } = open(payload, fl.codecs, fl.tensors, registry);
  return {
    values,
    whole: restore.reduceRight((some, put) => put(some), values),
    select: (vector) => select.reduce((some, take) => take(some), vector),
    payloadOf: (changed) =>
      side.length === 0 ? vectorPayload(changed) : Buffer.concat([side, vectorPayload(changed)]),
  };
}

export interface Coded {
  payload: Buffer;
  codecs: CodecStep[];
}

/** Adds one step to an update; throws RefusedError 'codec-order' where it cannot come after those already done. */
export function applyCodec(
  update: { payload: Buffer; fl: Pick<UpdateHeader, 'codecs' | 'privacy' | 'tensors'> },
  name: string,
  options: unknown,
  registry: Registry = codecs(),
): Coded {
  const codec = find(name, registry);
  const { codecs: steps, tensors } = update.fl;
  checkOrder(operationOf(codec), operations(update.fl, registry));
  if (steps.length >= limits.codecs) throw new RefusedError('codec-order', 'Too many codecs follow one another.');
  const opened = open(update.payload, steps, tensors, registry);
  if (codec.role === 'coder') {
    const { payload, step } = codec.encode(opened.values, opened.tensors, options);
    const joined = opened.side.length === 0 ? payload : Buffer.concat([opened.side, payload]);
    return { payload: joined, codecs: [...steps, step] };
  }
  const { side, kept, step } = codec.encode(opened.values, opened.tensors, options);
  return { payload: Buffer.concat([opened.side, side, vectorPayload(kept)]), codecs: [...steps, step] };
}

/** The same steps on another vector: what the update leaves out stays out, what it codes is coded alike. */
export function recoded(
  { payload, codecs: steps }: Coded,
  tensors: TensorSizes,
  vector: Float32Array,
  registry: Registry = codecs(),
): Coded {
  const opened = open(payload, steps, tensors, registry);
  const values = opened.select.reduce((some, select) => select(some), vector);
  const last = steps.at(-1);
  const coder = last && find(last.name, registry);
  if (coder?.role !== 'coder') return { payload: Buffer.concat([opened.side, vectorPayload(values)]), codecs: steps };
  const { name: _, ...options } = last ?? {};
  const { payload: rest, step } = coder.encode(values, opened.tensors, options);
  return { payload: Buffer.concat([opened.side, rest]), codecs: [...steps.slice(0, -1), step] };
}
