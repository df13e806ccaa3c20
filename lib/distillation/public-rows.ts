/** Rows that all clients of a federation have, in one order whatever the order in which they came, and the name of just these. */
import { createHash } from 'node:crypto';
import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';
import { vectorPayload } from '../update/vector';

/** Rows that are different from one another. */
export interface PublicRows extends SampleBlock {
  /** Features of a row. */
  width: number;
  /** The targets are labels that came with the rows; else all are 0. */
  labelled: boolean;
  /** 16 hexadecimal digits: the same for the same features, whatever their order and targets, and however often a row came. */
  digest: string;
}

const refuse = (message: string): never => {
  throw new RefusedError('public-rows', message);
};

/** In one sum: it is finite just when all are. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  return sum === 0;
}

function check({ features, targets, count }: SampleBlock, width: number): void {
  if (!Number.isInteger(width) || width < 1 || !Number.isInteger(count) || count < 0) {
    refuse(`Public rows cannot be ${count} of ${width} features each.`);
  }
  if (features.length !== count * width) {
    refuse(`The ${count} public rows have ${features.length} numbers where ${count * width} belong.`);
  }
  if (targets.length !== 0 && targets.length !== count) {
    refuse(`The ${count} public rows have ${targets.length} targets: let them have one each, or none.`);
  }
  if (!allFinite(features) || !allFinite(targets)) {
    refuse('The public rows hold numbers that are not finite: remove those rows.');
  }
}

/** In shared memory, so that a worker reads it without a copy. */
const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));

/** SHA-256 over uint32 width, uint32 count and the rows, all little-endian. */
function digestOf(features: Float32Array, count: number, width: number): string {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(width, 0);
  head.writeUInt32LE(count, 4);
  return createHash('sha256').update(head).update(vectorPayload(features)).digest('hex').slice(0, 16);
}

/**
 * Equal rows are one row: so it does no harm when they come twice. Zero has one sign. `targets` may be empty, for rows without
 * labels: all are 0 then; of equal rows the least counts. Throws RefusedError 'public-rows'.
 */
export function publicRows(block: SampleBlock, width: number): PublicRows {
  check(block, width);
  const { count } = block;
  const came = block.features.slice();
  for (let i = 0; i < came.length; i++) came[i] += 0;
  const bits = new Uint32Array(came.buffer, came.byteOffset, came.length);
  const targets = block.targets.length > 0 ? block.targets : new Float32Array(count);
  /** By the bits of the features: any order does that is the same everywhere. */
  const compare = (a: number, b: number): number => {
    for (let i = a * width, j = b * width; i < (a + 1) * width; i++, j++) {
      if (bits[i] !== bits[j]) return bits[i] < bits[j] ? -1 : 1;
    }
    return 0;
  };
  const sorted = Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => compare(a, b) || targets[a] - targets[b],
  );
  const kept = sorted.filter((row, i) => i === 0 || compare(row, sorted[i - 1]) !== 0);
  const features = shared(kept.length * width);
  const wanted = shared(kept.length);
  for (const [i, row] of kept.entries()) {
    features.set(came.subarray(row * width, (row + 1) * width), i * width);
    wanted[i] = targets[row];
  }
  const labelled = block.targets.length > 0;
  return {
    features,
    targets: wanted,
    count: kept.length,
    width,
    labelled,
    digest: digestOf(features, kept.length, width),
  };
}
