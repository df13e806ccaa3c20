/**
 * A masked update: whole numbers modulo 2^32 (uint32, little-endian), one for each number of the vector and one for its
 * weight. Alone it is as good as chance; only the sum of all clients of an asking can be read (lib/privacy/secure).
 */
import { RefusedError } from '../message';
import type { Coder } from './codec';

const alone = (): never => {
  throw new RefusedError(
    'masked',
    'A masked update can only be added to the others of its round: set secure aggregation in fl-aggregator, and put fl-secure-mask last before it.',
  );
};

export const mask: Coder = { name: 'mask', role: 'coder', encode: alone, decode: alone };
