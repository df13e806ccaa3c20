/** CRC-32 (IEEE 802.3): that of zlib where this Node has it (20.15 and up), else that of the core. */
import zlib from 'node:zlib';
import { createKernels } from '../../core/create-kernels';

function ofCore(): (bytes: Uint8Array) => number {
  const kernels = createKernels();
  return (bytes) => kernels.crc32(bytes);
}

export const crc32: (bytes: Uint8Array) => number = 'crc32' in zlib ? (bytes) => zlib.crc32(bytes) : ofCore();
