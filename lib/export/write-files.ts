/** A model as the files that were asked for, when its ranges are known. */
import { exportTfjs } from '../model/export-tfjs';
import { inputSize, outputSize } from '../model/shapes';
import { arenaOf } from './arena';
import { floatGraph } from './build-graph';
import { cHeader, identifier } from './c-header';
import type { Graph } from './graph';
import { type Measures, namesOf, type Written, writeInt8 } from './int8';
import type { ExportedFile, ExportFormat, ExportJob, FileReport, TakesFeatures } from './job';
import { resolverCall } from './schema';
import { stagesOf } from './stages';
import { operatorsOf, writeTflite } from './write-tflite';

export interface WrittenFile {
  file: ExportedFile;
  report: FileReport;
}

/** An autoencoder's output is held against its input, so that both are in normalised units. */
const floatTakes = ({ spec, normalisation }: ExportJob): TakesFeatures =>
  normalisation && spec.task === 'anomaly' ? 'normalised' : 'raw';

function writeFloat(job: ExportJob): Written {
  const features = floatTakes(job);
  const stages = stagesOf(job.spec, job.weights, features === 'raw' ? job.normalisation : undefined);
  const graph = floatGraph(job.spec.input, stages, namesOf(job));
  return { graph, bytes: writeTflite(graph), features };
}

const gridsOf = ({ tensors, input, output }: Graph) => {
  const grid = (index: number) => {
    const { quantisation } = tensors[index];
    return quantisation && { scale: quantisation.scale[0], zeroPoint: quantisation.zeroPoint[0] };
  };
  return { input: grid(input), output: grid(output) };
};

function describe({ graph, features }: Written): Partial<FileReport> {
  const { input, output } = gridsOf(graph);
  return {
    features,
    operators: operatorsOf(graph).map((name) => ({
      name,
      count: graph.operators.filter((operator) => operator.name === name).length,
    })),
    resolver: operatorsOf(graph).map((name) => `${resolverCall[name]}();`),
    arenaBytes: arenaOf(graph).total,
    ...(input && output && { input, output }),
  };
}

function headerOf(job: ExportJob, { graph, bytes, features }: Written): string {
  const type = graph.tensors[graph.input].type === 'int8' ? 'int8' : 'float32';
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
    ...gridsOf(graph),
    labels: job.spec.labels,
    normalisation: features === 'normalised' ? job.normalisation : undefined,
    arenaBytes: arenaOf(graph).total,
  });
}

/** `measures`: of the int8 file, where that is wanted. */
export function writeFiles(job: ExportJob, measures: Measures | undefined): WrittenFile[] {
  const name = identifier(job.name);
  const wants = (format: ExportFormat): boolean => job.formats.includes(format);
  const one = (format: ExportFormat, file: string, bytes: Uint8Array, more: Partial<FileReport>): WrittenFile => ({
    file: { format, name: file, bytes },
    report: { format, name: file, bytes: bytes.length, ...more },
  });
  const float = wants('tflite-float32') || (wants('c-header') && !measures) ? writeFloat(job) : undefined;
  const int8 = measures && writeInt8(job, measures);
  const files: WrittenFile[] = [];
  if (float && wants('tflite-float32')) {
    files.push(one('tflite-float32', `${name}_float32.tflite`, float.bytes, describe(float)));
  }
  if (int8) files.push(one('tflite-int8', `${name}_int8.tflite`, int8.bytes, describe(int8)));
  const forHeader = int8 ?? float;
  if (wants('c-header') && forHeader) {
    files.push(one('c-header', `${name}.h`, Buffer.from(headerOf(job, forHeader)), describe(forHeader)));
  }
  if (wants('tfjs')) {
    const features = job.normalisation ? 'normalised' : 'raw';
    for (const [file, bytes] of Object.entries(exportTfjs(job.spec, job.weights))) {
      files.push(one('tfjs', `${name}_tfjs/${file}`, bytes, { features }));
    }
  }
  return files;
}
