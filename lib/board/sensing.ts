/** What a board can feel, and how many numbers a window of it becomes. SENSE in docs/board-protocol.md. */
import { RefusedError } from '../refused';
import type { FeatureName, Sensing, SensorName } from './board';

/** Channels of each sensor; undefined: as many as the host says. */
export const SENSOR_CHANNELS: Readonly<Record<SensorName, number | undefined>> = {
  host: undefined,
  motion: 6,
  microphone: 1,
  climate: 3,
  light: 5,
};

/** In the order of their numbers on the wire. */
export const FEATURE_NAMES: readonly FeatureName[] = [
  'raw',
  'mean',
  'deviation',
  'minimum',
  'maximum',
  'rms',
  'magnitude',
  'crossings',
  'roughness',
  'range',
];

export const channelsOf = ({ sensor, channels }: Pick<Sensing, 'sensor' | 'channels'>): number =>
  SENSOR_CHANNELS[sensor] ?? channels ?? 1;

/** Numbers of a row: of each channel all features, "raw" one for each reading. */
export function sensingWidth(sensing: Pick<Sensing, 'sensor' | 'channels' | 'window' | 'features'>): number {
  const raw = sensing.features.filter((name) => name === 'raw').length;
  return channelsOf(sensing) * (raw * sensing.window + sensing.features.length - raw);
}

const MOST_READINGS = 65_536;

/**
 * Whole readings as they come from a flow: one reading or many, each a list of `channels` numbers, or all numbers in one
 * list. Throws RefusedError 'readings'.
 */
export function readingsFrom(payload: unknown, channels: number): Float32Array {
  const refuse = (what: string): never => {
    throw new RefusedError(
      'readings',
      `${what}: send readings as a list of ${channels} ${channels === 1 ? 'number' : 'numbers'} each, or many of them.`,
    );
  };
  const list = typeof payload === 'number' ? [payload] : payload;
  const isTyped = list instanceof Float32Array || list instanceof Float64Array;
  if (!Array.isArray(list) && !isTyped) return refuse('These are no readings');
  if (list.length > MOST_READINGS) return refuse(`${list.length} readings are too many at once`);
  const numbers: unknown[] = [];
  for (const item of list as ArrayLike<unknown> & Iterable<unknown>) {
    if (!Array.isArray(item)) {
      numbers.push(item);
      continue;
    }
    if (item.length !== channels) return refuse(`A reading has ${item.length} numbers`);
    numbers.push(...item);
  }
  if (numbers.length === 0 || numbers.length % channels !== 0) return refuse(`${numbers.length} numbers came`);
  const values = Float32Array.from(numbers, (value) => (typeof value === 'number' ? value : Number.NaN));
  if (!values.every(Number.isFinite)) return refuse('A reading is no finite number');
  return values;
}
