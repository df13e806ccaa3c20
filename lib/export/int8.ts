/** A model as an int8 .tflite file, and that file run on samples. */
import { openInt8 } from '../core/int8';
import { RefusedError } from '../refused';
import { abortError } from '../training/abort';
import type { Engine, Progress, SampleBlock } from '../training/engine';
import { int8Graph, type Ranges } from './build-graph';
import { identifier } from './c-header';
import { measuredRange, rangeOf } from './calibrate';
import type { Graph } from './graph';
import type { ExportJob, TakesFeatures } from './job';
import { affineOf, foldable } from './normalise';
import type { Range } from './ranges';
import { type Stage, stagesOf } from './stages';
import { writeTflite } from './write-tflite';

/** What of an export the int8 file depends on. */
export type Int8Job = Pick<
  ExportJob,
  'name' | 'about' | 'spec' | 'weights' | 'normalisation' | 'rangeMethod' | 'calibration'
>;

/** Rows that go through the int8 network between two looks at the clock. */
const ROWS = 256;

/** Raw features suit one int8 scale when the coarsest of them still has so many steps in a standard deviation. */
const STEPS_PER_DEVIATION = 16;

export interface Written {
  graph: Graph;
  bytes: Uint8Array;
  features: TakesFeatures;
}

/** Features as they go into a file that takes normalised ones. */
export function normalised(job: Pick<ExportJob, 'normalisation'>, { features }: SampleBlock): Float32Array {
  if (!job.normalisation) return features;
  const { mean, std } = job.normalisation;
  const width = mean.length;
  return features.map((value, i) => (value - mean[i % width]) / std[i % width]);
}

/** One scale for all raw features must leave each of them fine enough, and the shift must cost no operator. */
function int8Takes(job: Int8Job, calibration: SampleBlock): TakesFeatures {
  const { spec, normalisation } = job;
  if (!normalisation) return 'raw';
  if (spec.task === 'anomaly' || !foldable(spec, affineOf(normalisation))) return 'normalised';
  const { low, high } = rangeOf(calibration.features, job.rangeMethod);
  const step = (high - low) / 255;
  return normalisation.std.every((std) => step * STEPS_PER_DEVIATION <= std) ? 'raw' : 'normalised';
}

export const namesOf = (job: Pick<ExportJob, 'name' | 'about'>) => ({
  name: identifier(job.name),
  description: job.about.join('; '),
});

/** What an int8 file is made from beside the model. */
export interface Measures {
  features: TakesFeatures;
  ranges: Ranges;
}

const stagesFor = ({ spec, weights, normalisation }: Int8Job, features: TakesFeatures): Stage[] =>
  stagesOf(spec, weights, features === 'raw' ? normalisation : undefined);

/** `engine` runs the model with float32 numbers, for the ranges. */
export async function measureInt8(
  job: Int8Job,
  engine: Pick<Engine, 'predict'>,
  progress?: Progress,
): Promise<Measures> {
  const { spec, weights, normalisation, calibration, rangeMethod: method } = job;
  if (!calibration) {
    throw new RefusedError(
      'no-samples',
      'An int8 file needs samples to find its ranges from: wire samples to this node.',
    );
  }
  const features = int8Takes(job, calibration);
  const input = rangeOf(features === 'raw' ? calibration.features : normalised(job, calibration), method);
  const stages: Range[] = [];
  for (const { measured } of stagesFor(job, features)) {
    if (!measured) continue;
    const work = { spec, weights, normalisation, samples: calibration, method };
    stages.push(await measuredRange(engine, work, measured, progress));
  }
  return { features, ranges: { input, stages } };
}

export function writeInt8(job: Int8Job, { features, ranges }: Measures): Written {
  const graph = int8Graph(job.spec.input, stagesFor(job, features), ranges, namesOf(job));
  return { graph, bytes: writeTflite(graph), features };
}

/** Outputs of the file for samples as they are measured. */
export function runInt8(
  file: Pick<Written, 'bytes' | 'features'>,
  job: Int8Job,
  samples: SampleBlock,
  progress?: Progress,
): Float32Array {
  const network = openInt8(file.bytes);
  const features = file.features === 'raw' ? samples.features : normalised(job, samples);
  const [width, outputs] = [network.inputSize, network.outputSize];
  const result = new Float32Array(samples.count * outputs);
  for (let first = 0; first < samples.count; first += ROWS) {
    const rows = Math.min(ROWS, samples.count - first);
    result.set(network.predict(features.subarray(first * width, (first + rows) * width), rows), first * outputs);
    if (progress && !progress(first + rows, samples.count)) throw abortError();
  }
  return result;
}
