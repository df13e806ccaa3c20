/** A trained model as files. */
import { refuseConsensus } from '../model/consensus';
import { exportTfjs } from '../model/export-tfjs';
import { layoutOf } from '../model/layout';
import { inputSize, outputSize } from '../model/shapes';
import { summarise } from '../model/summary';
import { RefusedError } from '../refused';
import type { Engine, Progress, SampleBlock } from '../training/engine';
import { arenaOf } from './arena';
import { floatGraph } from './build-graph';
import { cHeader, identifier } from './c-header';
import type { Graph } from './graph';
import { namesOf, normalised, runInt8, type Written, writeInt8 } from './int8';
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
import { resolverCall } from './schema';
import { checkExpressible, stagesOf } from './stages';
import { operatorsOf, writeTflite } from './write-tflite';

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
  refuseConsensus(spec);
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

/** An autoencoder's output is held against its input, so that both are in normalised units. */
const floatTakes = ({ spec, normalisation }: ExportJob): TakesFeatures =>
  normalisation && spec.task === 'anomaly' ? 'normalised' : 'raw';

const describe = (graph: Graph): Pick<FileReport, 'operators' | 'resolver' | 'arenaBytes'> => ({
  operators: operatorsOf(graph).map((name) => ({
    name,
    count: graph.operators.filter((operator) => operator.name === name).length,
  })),
  resolver: operatorsOf(graph).map((name) => `${resolverCall[name]}();`),
  arenaBytes: arenaOf(graph).total,
});

function writeFloat(job: ExportJob): Written {
  const features = floatTakes(job);
  const stages = stagesOf(job.spec, job.weights, features === 'raw' ? job.normalisation : undefined);
  const graph = floatGraph(job.spec.input, stages, namesOf(job));
  return { graph, bytes: writeTflite(graph), features };
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
