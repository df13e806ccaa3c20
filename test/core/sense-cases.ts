/** Streams of readings, and the features of their windows as float64 gives them by other formulas than core/sense. */
import { generator } from '../../lib/random/generator';

export interface SenseCase {
  name: string;
  window: number;
  hop: number;
  channels: number;
  features: number[];
  /** Reading by reading. */
  readings: Float32Array;
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function stream(name: string, window: number, hop: number, channels: number, features: number[], count: number) {
  const random = generator(7, name);
  const readings = Float32Array.from(
    { length: count * channels },
    (_, i) => 3 * Math.sin(i / (5 + (i % channels))) + random.normal() - (i % channels),
  );
  return { name, window, hop, channels, features, readings };
}

export const senseCases = (): SenseCase[] => [
  stream('three channels, half overlapping', 128, 64, 3, ALL, 700),
  stream('hop of one', 5, 1, 2, [7, 1, 0, 2, 0], 40),
  stream('apart', 16, 40, 1, ALL, 400),
  stream('the readings alone, as they are', 12, 7, 3, [0], 100),
  stream('one reading', 1, 1, 4, ALL, 20),
  stream('hop above window by one, sixteen channels', 20, 21, 16, [9, 8, 5], 100),
  stream('none whole', 50, 10, 1, [1], 49),
  stream('an unknown feature gives nothing', 4, 4, 1, [1, 10], 40),
  { ...stream('standing still', 8, 4, 1, ALL, 64), readings: new Float32Array(64).fill(-0.1) },
];

/** As native-sense.cpp reads it. */
export function senseInput({ window, hop, channels, features, readings }: SenseCase): Buffer {
  const head = Uint32Array.of(window, hop, channels, features.length, readings.length / channels);
  return Buffer.concat([
    Buffer.from(head.buffer),
    Uint8Array.from(features),
    Buffer.from(readings.buffer, readings.byteOffset, readings.byteLength),
  ]);
}

const mean = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0) / x.length;

function feature(x: readonly number[], kind: number): number[] {
  const neighbours = x.slice(1).map((v, i) => Math.abs(v - x[i]));
  switch (kind) {
    case 0:
      return [...x];
    case 1:
      return [mean(x)];
    case 2:
      return [Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)))];
    case 3:
      return [[...x].sort((a, b) => a - b)[0]];
    case 4:
      return [[...x].sort((a, b) => b - a)[0]];
    case 5:
      return [Math.hypot(...x) / Math.sqrt(x.length)];
    case 6:
      return [mean(x.map(Math.abs))];
    case 7: {
      const sides = x.map((v) => (v >= mean(x) ? 'above' : 'below')).join(' ');
      return [(sides.match(/above(?= below)|below(?= above)/g)?.length ?? 0) / x.length];
    }
    case 8:
      return [x.length > 1 ? mean(neighbours) : 0];
    default:
      return [Math.max(...x) - Math.min(...x)];
  }
}

/** Window by window, channel by channel. */
export function senseExpected({ window, hop, channels, features, readings }: SenseCase): number[] {
  const out: number[] = [];
  if (features.some((kind) => kind > 9)) return out;
  const count = readings.length / channels;
  for (let first = 0; first + window <= count; first += hop) {
    if (features.join() === '0') {
      out.push(...readings.subarray(first * channels, (first + window) * channels));
      continue;
    }
    for (let channel = 0; channel < channels; channel++) {
      const x = Array.from({ length: window }, (_, t) => readings[(first + t) * channels + channel]);
      for (const kind of features) out.push(...feature(x, kind));
    }
  }
  return out;
}
