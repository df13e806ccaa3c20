/** Windows of eight cycles of the factory's engines: real sensors with very different ranges. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Normalisation, SampleBlock } from '../../../lib/training/engine';
import { pooled } from './pooled';

export const STEPS = 8;
export const SENSORS = 14;
const FAILS_WITHIN = 30;

interface Cycle {
  unit: string;
  cycle: number;
  sensors: number[];
  remaining?: number;
}

function cyclesOf(file: string): Cycle[] {
  const [header, ...lines] = readFileSync(join(__dirname, '../../../../datasets', file), 'utf8')
    .trim()
    .split('\n');
  const columns = header.split(',');
  const first = columns.indexOf('s2');
  const [unit, cycle, remaining] = ['unit', 'cycle', 'remaining_cycles'].map((name) => columns.indexOf(name));
  return lines.map((line) => {
    const cells = line.split(',');
    return {
      unit: cells[unit],
      cycle: Number(cells[cycle]),
      sensors: cells.slice(first, first + SENSORS).map(Number),
      remaining: remaining < 0 ? undefined : Number(cells[remaining]),
    };
  });
}

/** Every third window of [STEPS, SENSORS]; class 1: the engine fails within 30 cycles. */
export function engineRows(file: 'factory-train.csv' | 'factory-test.csv'): SampleBlock {
  const cycles = cyclesOf(file);
  const ends = new Map<string, number>();
  for (const { unit, cycle } of cycles) ends.set(unit, Math.max(ends.get(unit) ?? 0, cycle));
  const features: number[] = [];
  const targets: number[] = [];
  for (let end = STEPS - 1; end < cycles.length; end += 3) {
    const window = cycles.slice(end - STEPS + 1, end + 1);
    const { unit, cycle, remaining = (ends.get(unit) ?? 0) - cycle } = cycles[end];
    if (window[0].unit !== unit) continue;
    features.push(...window.flatMap(({ sensors }) => sensors));
    targets.push(remaining <= FAILS_WITHIN ? 1 : 0);
  }
  return { features: Float32Array.from(features), targets: Float32Array.from(targets), count: targets.length };
}

/** One mean and deviation for each sensor, the same at all steps. */
export const bySensor = (samples: SampleBlock): Normalisation => pooled(samples.features, SENSORS, STEPS);
