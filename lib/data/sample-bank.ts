/**
 * The samples that a client holds: bounded, in shared memory, so that a worker trains on them without a copy.
 *
 * block() is a stable view: later add() calls never change what it shows. New samples go behind the rows that are lent
 * out, and when a lent row would be overwritten the bank first moves to a copy (copy on write), leaving the old memory
 * to whoever still trains on it. So a round costs no copy while the bank fills, and at most one when it is full.
 */
import { generator, shuffle } from '../random/generator';
import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';
import { statisticsOf } from './normalisation';

/** oldest: a new sample takes the place of the oldest; reservoir: every sample ever seen is kept with the same chance. */
export type Eviction = 'oldest' | 'reservoir';

export interface BankOptions {
  /** Features of a sample. */
  width: number;
  /** Target numbers of a sample; 0 for autoencoders. */
  targetWidth: number;
  /** At most so many samples. */
  capacity: number;
  /** At most so many bytes of samples; absent: only `capacity` counts. */
  maxBytes?: number;
  eviction: Eviction;
  /** Draws of the reservoir. */
  seed?: number;
}

/** What is needed to go on after a restart. */
export interface BankState {
  seen: number;
  /** The row that the next sample replaces, once the bank is full ("oldest"). */
  oldest: number;
  block: SampleBlock;
}

export interface SampleBank {
  readonly width: number;
  readonly targetWidth: number;
  /** Samples held. */
  readonly count: number;
  /** Samples ever given. */
  readonly seen: number;
  /** Another number after each clear() and restore(): the samples before are not those after it. */
  readonly generation: number;
  /** Most samples it can hold. */
  readonly capacity: number;
  readonly bytes: number;
  add(block: SampleBlock): void;
  /** All samples held. Stays as it is, whatever is added later. */
  block(): SampleBlock;
  /** [count, sums, sums of squares], see normalisation.ts. */
  statistics(): Float64Array;
  clear(): void;
  state(): BankState;
  /** Replaces what is held. When it is more than fits, the newest are kept ("oldest"), or some by lot ("reservoir"). */
  restore(state: BankState): void;
}

const FIRST_ROWS = 64;

interface Memory {
  rows: number;
  features: Float32Array;
  targets: Float32Array;
}

function allocate(rows: number, width: number, targetWidth: number): Memory {
  const bytes = rows * (width + targetWidth) * 4;
  const shared = ((): SharedArrayBuffer => {
    try {
      return new SharedArrayBuffer(bytes);
    } catch {
      const size = Math.round(bytes / 2 ** 20);
      throw new RefusedError('bank-size', `There is no memory for a buffer of ${size} MB: lower its size.`);
    }
  })();
  return {
    rows,
    features: new Float32Array(shared, 0, rows * width),
    targets: new Float32Array(shared, rows * width * 4, rows * targetWidth),
  };
}

/** Vitter's algorithm R (1985): which place the sample number `seen` (from 0) takes; undefined: it is not kept. */
export function reservoirPlace(seen: number, capacity: number, seed: number): number | undefined {
  if (seen < capacity) return seen;
  const place = generator(seed, 'reservoir', seen).below(seen + 1);
  return place < capacity ? place : undefined;
}

export function sampleBank(options: BankOptions): SampleBank {
  const { width, targetWidth, eviction, seed = 1 } = options;
  const rowBytes = (width + targetWidth) * 4;
  const capacity = Math.min(options.capacity, Math.floor((options.maxBytes ?? Number.POSITIVE_INFINITY) / rowBytes));
  if (!Number.isInteger(options.capacity) || capacity < 1) {
    throw new RefusedError('bank-size', 'The buffer must have room for at least one sample: raise its size.');
  }
  if (!Number.isInteger(width) || width < 1 || !Number.isInteger(targetWidth) || targetWidth < 0) {
    throw new RangeError(`a sample cannot have ${width} features and ${targetWidth} targets`);
  }
  let memory = allocate(Math.min(capacity, FIRST_ROWS), width, targetWidth);
  let count = 0;
  let seen = 0;
  let generation = 0;
  /** The row that is replaced next, once the bank is full ("oldest"). */
  let oldest = 0;
  /** Rows of this memory that somebody may be reading. */
  let lent = 0;

  const grow = (rows: number): void => {
    const wider = allocate(rows, width, targetWidth);
    wider.features.set(memory.features.subarray(0, count * width));
    wider.targets.set(memory.targets.subarray(0, count * targetWidth));
    memory = wider;
    lent = 0;
  };
  const write = (place: number, block: SampleBlock, row: number): void => {
    if (place >= memory.rows) grow(Math.min(capacity, Math.max(memory.rows * 2, place + 1)));
    else if (place < lent) grow(memory.rows);
    memory.features.set(block.features.subarray(row * width, (row + 1) * width), place * width);
    memory.targets.set(block.targets.subarray(row * targetWidth, (row + 1) * targetWidth), place * targetWidth);
  };
  const check = (block: SampleBlock): void => {
    if (block.features.length !== block.count * width || block.targets.length !== block.count * targetWidth) {
      throw new RefusedError(
        'feature-count',
        `Samples of ${width} features and ${targetWidth} targets are held here, not of another size.`,
      );
    }
  };
  const keep = (place: number, block: SampleBlock, row: number): void => {
    write(place, block, row);
    count = Math.max(count, place + 1);
  };
  const placeOfNext = (): number | undefined => {
    if (count < capacity) return count;
    if (eviction === 'reservoir') return reservoirPlace(seen, capacity, seed);
    const place = oldest;
    oldest = (oldest + 1) % capacity;
    return place;
  };
  const add = (block: SampleBlock): void => {
    check(block);
    for (let row = 0; row < block.count; row++) {
      const place = placeOfNext();
      seen += 1;
      if (place !== undefined) keep(place, block, row);
    }
  };
  const view = (): SampleBlock => ({
    features: memory.features.subarray(0, count * width),
    targets: memory.targets.subarray(0, count * targetWidth),
    count,
  });
  const block = (): SampleBlock => {
    lent = Math.max(lent, count);
    return view();
  };
  const clear = (): void => {
    memory = allocate(Math.min(capacity, FIRST_ROWS), width, targetWidth);
    generation += 1;
    count = 0;
    seen = 0;
    oldest = 0;
    lent = 0;
  };
  const restore = (state: BankState): void => {
    check(state.block);
    const held = state.block.count;
    const first = state.oldest;
    if (!Number.isInteger(first) || first < 0 || first > held)
      throw new RangeError(`row ${first} of ${held} is the oldest?`);
    clear();
    let rows = Array.from({ length: held }, (_, i) => i);
    if (held > capacity && eviction === 'reservoir') {
      rows = shuffle(rows, generator(seed, 'shrink', state.seen)).slice(0, capacity);
    } else if (held !== capacity && eviction === 'oldest') {
      rows = rows.map((i) => (first + i) % held).slice(-capacity);
    } else {
      // Same places as before, so that training gives the same bits.
      oldest = first % capacity;
    }
    rows.forEach((row, place) => {
      keep(place, state.block, row);
    });
    seen = Math.max(state.seen, count);
  };
  return {
    width,
    targetWidth,
    capacity,
    get count() {
      return count;
    },
    get seen() {
      return seen;
    },
    get generation() {
      return generation;
    },
    get bytes() {
      return count * rowBytes;
    },
    add,
    block,
    statistics: () => statisticsOf(view(), width),
    clear,
    state: () => ({ seen, oldest, block: block() }),
    restore,
  };
}
