/** A trained model as files. */
import { openInt8 } from '../core/int8';
import { exportTfjs } from '../model/export-tfjs';
import { layoutOf } from '../model/layout';
import { inputSize, outputSize } from '../model/shapes';
import { summarise } from '../model/summary';
import { RefusedError } from '../refused';
import { abortError } from '../training/abort';
import type { Engine, Progress, SampleBlock } from '../training/engine';
import { arenaOf } from './arena';
import { floatGraph, int8Graph } from './build-graph';
import { cHeader, identifier } from './c-header';
import { measuredRange, rangeOf } from './calibrate';
import type { Graph } from './graph';
import type {
  ExportedFile,
  ExportFormat,
  ExportJob,
  ExportReport,
  ExportResult,
  FileReport,
  TakesFeatures,
} from './job';
import { compare } from './measure';
import { affineOf, foldable } from './normalise';
import type { Range } from './ranges';
import { resolverCall } from './schema';
import { checkExpressible, stagesOf } from './stages';
import { operatorsOf, writeTflite } from './write-tflite';

/** Rows that go through the int8 network between two looks at the clock. */
const ROWS = 256;

/** Raw features suit one int8 scale when the coarsest of them still has so many steps in a standard deviation. */
const STEPS_PER_DEVIATION = 16;

function checkSamples(block: SampleBlock | undefined, width: number, what: string): void {
  if (!block) return;
  if (!Number.isInteger(block.count) || block.count < 1 || block.features.length !== block.count * width) {
    throw new RefusedError('samples', `The ${what} samples must have ${width} features each.`);
  }
  if (!block.features.every(Number.isFinite)) {
    throw new RefusedError('not-finite', `The ${what} samples hold numbers that are not finite: remove those rows.`);
  }
}

function checkJob(job: ExportJob): void {
  const { spec, weights, formats } = job;
  const { size } = layoutOf(spec);
  if (formats.length === 0) throw new RefusedError('no-format', 'No format is chosen: choose at least one.');
  if (weights.length !== size) {
    throw new RefusedError('weights', `The model has ${size} parameters, but ${weights.length} came.`);
  }
  if (!weights.every(Number.isFinite)) {
    throw new RefusedError(
      'not-finite',
      'The weights hold NaN or infinity: nothing was exported; train the model anew.',
    );
  }
  const width = inputSize(spec);
  const { normalisation } = job;
  if (normalisation) {
    const { mean, std } = normalisation;
    const sound = mean.every(Number.isFinite) && std.every((one) => Number.isFinite(one) && one > 0);
    if (mean.length !== width || std.length !== width || !sound) {
      throw new RefusedError(
        'normalisation',
        `The normalisation needs ${width} finite means and deviations above zero.`,
      );
    }
  }
  checkSamples(job.calibration, width, 'calibration');
  checkSamples(job.check, width, 'check');
}

/** Features as they go into a file that takes normalised ones. */
function normalised(job: ExportJob, { features }: SampleBlock): Float32Array {
  if (!job.normalisation) return features;
  const { mean, std } = job.normalisation;
  const width = mean.length;
  return features.map((value, i) => (value - mean[i % width]) / std[i % width]);
}

/** An autoencoder's output is held against its input, so that both are in normalised units. */
const floatTakes = ({ spec, normalisation }: ExportJob): TakesFeatures =>
  normalisation && spec.task === 'anomaly' ? 'normalised' : 'raw';

/** One scale for all raw features must leave each of them fine enough, and the shift must cost no operator. */
function int8Takes(job: ExportJob, calibration: SampleBlock): TakesFeatures {
  const { spec, normalisation } = job;
  if (!normalisation) return 'raw';
  if (spec.task === 'anomaly' || !foldable(spec, affineOf(normalisation))) return 'normalised';
  const { low, high } = rangeOf(calibration.features, job.rangeMethod);
  const step = (high - low) / 255;
  return normalisation.std.every((std) => step * STEPS_PER_DEVIATION <= std) ? 'raw' : 'normalised';
}

const describe = (graph: Graph): Pick<FileReport, 'operators' | 'resolver' | 'arenaBytes'> => ({
  operators: operatorsOf(graph).map((name) => ({
    name,
    count: graph.operators.filter((operator) => operator.name === name).length,
  })),
  resolver: operatorsOf(graph).map((name) => `${resolverCall[name]}();`),
  arenaBytes: arenaOf(graph).total,
});

interface Written {
  graph: Graph;
  bytes: Uint8Array;
  features: TakesFeatures;
}

const namesOf = (job: ExportJob) => ({ name: identifier(job.name), description: job.about.join('; ') });

function writeFloat(job: ExportJob): Written {
  const features = floatTakes(job);
  const stages = stagesOf(job.spec, job.weights, features === 'raw' ? job.normalisation : undefined);
  const graph = floatGraph(job.spec.input, stages, namesOf(job));
  return { graph, bytes: writeTflite(graph), features };
}

async function writeInt8(job: ExportJob, engine: Pick<Engine, 'predict'>, progress?: Progress): Promise<Written> {
  const { spec, weights, normalisation, calibration, rangeMethod: method } = job;
  if (!calibration) {
    throw new RefusedError(
      'no-samples',
      'An int8 file needs samples to find its ranges from: wire samples to this node.',
    );
  }
  const features = int8Takes(job, calibration);
  const stages = stagesOf(spec, weights, features === 'raw' ? normalisation : undefined);
  const input = rangeOf(features === 'raw' ? calibration.features : normalised(job, calibration), method);
  const ranges: Range[] = [];
  for (const { measured } of stages) {
    if (!measured) continue;
    const work = { spec, weights, normalisation, samples: calibration, method };
    ranges.push(await measuredRange(engine, work, measured, progress));
  }
  const graph = int8Graph(spec.input, stages, { input, stages: ranges }, namesOf(job));
  return { graph, bytes: writeTflite(graph), features };
}

function runInt8(written: Written, job: ExportJob, samples: SampleBlock, progress?: Progress): Float32Array {
  const network = openInt8(written.bytes);
  const features = written.features === 'raw' ? samples.features : normalised(job, samples);
  const [width, outputs] = [network.inputSize, network.outputSize];
  const result = new Float32Array(samples.count * outputs);
  for (let first = 0; first < samples.count; first += ROWS) {
    const rows = Math.min(ROWS, samples.count - first);
    result.set(network.predict(features.subarray(first * width, (first + rows) * width), rows), first * outputs);
    if (progress && !progress(first + rows, samples.count)) throw abortError();
  }
  return result;
}

function headerOf(job: ExportJob, { graph, bytes, features }: Written): string {
  const [from, into] = [graph.tensors[graph.input], graph.tensors[graph.output]];
  const grid = (tensor: typeof from) =>
    tensor.quantisation && { scale: tensor.quantisation.scale[0], zeroPoint: tensor.quantisation.zeroPoint[0] };
  const type = from.type === 'int8' ? 'int8' : 'float32';
  const { backbone } = job.spec;
  return cHeader(bytes, {
    name: job.name,
    about: [
      ...job.about,
      `A model for TensorFlow Lite Micro: ${inputSize(job.spec)} ${type} in, ${outputSize(job.spec)} ${type} out.`,
      `It takes ${features === 'raw' ? 'features as they are measured' : 'normalised features'}.`,
      ...(backbone ? [`They are what the frozen backbone with the SHA-256 ${backbone.sha256} gives.`] : []),
      'Operators for a MicroMutableOpResolver:',
      ...operatorsOf(graph).map((name) => `  resolver.${resolverCall[name]}();`),
    ],
    type,
    inputs: inputSize(job.spec),
    outputs: outputSize(job.spec),
    input: grid(from),
    output: grid(into),
    labels: job.spec.labels,
    normalisation: features === 'normalised' ? job.normalisation : undefined,
    arenaBytes: arenaOf(graph).total,
  });
}

/** What is compared with the outputs: class indices, target numbers, or the features that an autoencoder gives back. */
const truthOf = (job: ExportJob, samples: SampleBlock): Float32Array =>
  job.spec.task === 'anomaly' ? normalised(job, samples) : samples.targets;

/**
 * Throws RefusedError with one sentence when the model, its weights or the samples cannot be used. `engine` runs the model
 * with float32 numbers, for the ranges and the comparison.
 */
export async function exportModel(
  job: ExportJob,
  engine: Pick<Engine, 'predict'>,
  progress?: Progress,
): Promise<ExportResult> {
  checkJob(job);
  const wants = (format: ExportFormat): boolean => job.formats.includes(format);
  if (wants('tflite-float32') || wants('tflite-int8') || wants('c-header')) checkExpressible(job.spec);
  const name = identifier(job.name);
  const files: ExportedFile[] = [];
  const { parameters, multiplyAdds } = summarise(job.spec);
  const report: ExportReport = { parameters, multiplyAdds, files: [], normalisation: job.normalisation };
  if (job.spec.backbone) report.backbone = job.spec.backbone;
  const add = (format: ExportFormat, fileName: string, bytes: Uint8Array, more: Partial<FileReport> = {}): void => {
    files.push({ format, name: fileName, bytes });
    report.files.push({ format, name: fileName, bytes: bytes.length, ...more });
  };
  const codes = ({ graph }: Written): Partial<FileReport> => {
    const [from, into] = [graph.tensors[graph.input].quantisation, graph.tensors[graph.output].quantisation];
    if (!from || !into) return {};
    return {
      input: { scale: from.scale[0], zeroPoint: from.zeroPoint[0] },
      output: { scale: into.scale[0], zeroPoint: into.zeroPoint[0] },
    };
  };

  const float = wants('tflite-float32') || (wants('c-header') && !wants('tflite-int8')) ? writeFloat(job) : undefined;
  if (float && wants('tflite-float32')) {
    add('tflite-float32', `${name}_float32.tflite`, float.bytes, {
      features: float.features,
      ...describe(float.graph),
    });
  }
  let int8: Written | undefined;
  if (wants('tflite-int8')) {
    int8 = await writeInt8(job, engine, progress);
    const { features, graph, bytes } = int8;
    add('tflite-int8', `${name}_int8.tflite`, bytes, { features, ...describe(graph), ...codes(int8) });
    const samples = job.check ?? job.calibration;
    if (samples) {
      const { spec, weights, normalisation } = job;
      const { features: rows, count } = samples;
      const { outputs } = await engine.predict({ spec, weights, normalisation, features: rows, count }, progress);
      report.comparison = compare(spec, count, truthOf(job, samples), outputs, runInt8(int8, job, samples, progress));
      report.rangeMethod = job.rangeMethod;
      report.calibrationSamples = job.calibration?.count;
      report.sameSamples = job.check === undefined;
    }
  }
  const forHeader = int8 ?? float;
  if (wants('c-header') && forHeader) {
    const text = Buffer.from(headerOf(job, forHeader));
    add('c-header', `${name}.h`, text, {
      features: forHeader.features,
      ...describe(forHeader.graph),
      ...codes(forHeader),
    });
  }
  if (wants('tfjs')) {
    for (const [file, bytes] of Object.entries(exportTfjs(job.spec, job.weights))) {
      add('tfjs', `${name}_tfjs/${file}`, bytes, { features: job.normalisation ? 'normalised' : 'raw' });
    }
  }
  return { files, report };
}
