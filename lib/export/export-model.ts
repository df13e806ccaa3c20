/** A trained model as files. */
import { refuseConsensus } from '../model/consensus';
import { layoutOf } from '../model/layout';
import { inputSize } from '../model/shapes';
import { shrink } from '../model/shrink/shrink';
import { summarise } from '../model/summary';
import { RefusedError } from '../refused';
import type { Engine, Progress, SampleBlock } from '../training/engine';
import { type Measures, measureInt8, normalised, runInt8 } from './int8';
import type { ExportFormat, ExportJob, ExportReport, ExportResult, LeftOut } from './job';
import { compare } from './measure';
import { checkExpressible } from './stages';
import { writeFiles } from './write-files';

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

/** What is compared with the outputs: class indices, target numbers, or the features that an autoencoder gives back. */
const truthOf = (job: ExportJob, samples: SampleBlock): Float32Array =>
  job.spec.task === 'anomaly' ? normalised(job, samples) : samples.targets;

/** The job with the network that is to be written, and how many units that does not have any more. */
function smaller(job: ExportJob): { job: ExportJob; units: number } {
  if (!job.shrink) return { job, units: 0 };
  const { spec, weights, units } = shrink(job.spec, job.weights);
  return { job: { ...job, spec, weights }, units };
}

/** What a file, the units and the operations would have been with the whole network: its ranges are those of the small one. */
function leftOutOf(whole: ExportJob, small: ExportReport, units: number, measures: Measures | undefined): LeftOut {
  const { parameters, multiplyAdds } = summarise(whole.spec);
  const bytes = writeFiles(whole, measures).map(({ report }, i) => report.bytes - small.files[i].bytes);
  return {
    units,
    parameters: parameters - small.parameters,
    multiplyAdds: multiplyAdds - small.multiplyAdds,
    bytes,
  };
}

/**
 * Throws RefusedError with one sentence when the model, its weights or the samples cannot be used. `engine` runs the model
 * with float32 numbers, for the ranges and the comparison.
 */
export async function exportModel(
  whole: ExportJob,
  engine: Pick<Engine, 'predict'>,
  progress?: Progress,
): Promise<ExportResult> {
  checkJob(whole);
  const wants = (format: ExportFormat): boolean => whole.formats.includes(format);
  if (wants('tflite-float32') || wants('tflite-int8') || wants('c-header')) checkExpressible(whole.spec);
  const { job, units } = smaller(whole);
  const { spec, weights, normalisation } = job;
  const measures = wants('tflite-int8') ? await measureInt8(job, engine, progress) : undefined;
  const written = writeFiles(job, measures);
  const { parameters, multiplyAdds } = summarise(spec);
  const report: ExportReport = { parameters, multiplyAdds, files: written.map((one) => one.report), normalisation };
  if (spec.backbone) report.backbone = spec.backbone;
  if (units > 0) report.leftOut = leftOutOf(whole, report, units, measures);
  const int8 = written.find(({ file }) => file.format === 'tflite-int8');
  const samples = job.check ?? job.calibration;
  if (int8 && measures && samples) {
    const { features, count } = samples;
    const { outputs } = await engine.predict({ spec, weights, normalisation, features, count }, progress);
    const codes = runInt8({ bytes: int8.file.bytes, features: measures.features }, job, samples, progress);
    report.comparison = compare(spec, count, truthOf(job, samples), outputs, codes);
    report.rangeMethod = job.rangeMethod;
    report.calibrationSamples = job.calibration?.count;
    report.sameSamples = job.check === undefined;
  }
  return { files: written.map(({ file }) => file), report };
}
