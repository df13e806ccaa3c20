/**
 * What a codec is. A *coder* turns all the numbers that it is given into bytes (quantize). A *selector* lets only some
 * numbers through (sparsify, prune): what it must remember goes in front of the payload as side data, and the numbers that
 * remain are coded by the next step, or stay float32 when there is none. So a payload is
 *
 *     [side data of the first selector] [of the second] ... [the remaining numbers, coded]
 */
import type { CodecStep, TensorSizes } from '../message';

interface CodecBase {
  /** As in `CodecStep.name`. */
  readonly name: string;
}

export interface Coder<Options = unknown> extends CodecBase {
  readonly role: 'coder';
  /** Throws RefusedError when the options or the vector cannot be coded. The vector is not changed. */
  encode(vector: Float32Array, tensors: TensorSizes, options: Options): { payload: Buffer; step: CodecStep };
  /** A fresh vector. Checks the step's parameters and the exact length of the payload before it allocates. */
  decode(payload: Buffer, step: CodecStep, tensors: TensorSizes): Float32Array;
}

export interface Selector<Options = unknown> extends CodecBase {
  readonly role: 'selector';
  encode(
    vector: Float32Array,
    tensors: TensorSizes,
    options: Options,
  ): { side: Buffer; kept: Float32Array; step: CodecStep };
  /** Reads the side data: where the rest of the payload begins, what is left of each tensor, how to put it back. */
  narrow(payload: Buffer, step: CodecStep, tensors: TensorSizes): Narrowed;
}

export interface Narrowed {
  sideBytes: number;
  tensors: TensorSizes;
  restore(kept: Float32Array): Float32Array;
  /** Its inverse: of a whole vector, the numbers that are let through. */
  select(vector: Float32Array): Float32Array;
}

export type Codec = Coder | Selector;
