/** The codec that a board's 8-bit updates must equal. */
import { createKernels } from '../../../lib/core';
import { quantizeWith } from '../../../lib/update/codecs/quantize';
import type { TensorSizes } from '../../../lib/update/message';

export const codecs = {
  quantize8: (change: Float32Array, tensors: TensorSizes): Buffer =>
    quantizeWith(createKernels()).encode(change, tensors, { bits: 8 }).payload,
};
