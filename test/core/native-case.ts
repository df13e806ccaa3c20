/** A case as the file that native.cpp reads. */
import { programOf } from '../../lib/core/program';
import { streamSeed } from '../../lib/random/generator';
import { frozenRanges } from '../../lib/training/core/train';
import type { Case } from './cases';

const bytesOf = (values: Float32Array | Float64Array | Int32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

export function nativeCase({ job }: Case): Buffer {
  const { spec, weights, samples, normalisation, options, control } = job;
  const kind = ['sgd', 'momentum', 'adam'].indexOf(options.optimizer);
  const program = programOf(spec, { batch: samples.count, slots: kind, training: true });
  const { learningRate, momentum = 0.9, l2 = 0, clipNorm = 0, classWeights = [], proximal = 0 } = options;
  const anchor = proximal > 0 ? (job.anchor ?? weights) : undefined;
  const flags = [normalisation, anchor, control, options.fullBatch].map((one) => (one ? 1 : 0));
  const frozen = frozenRanges(job);
  const seed = streamSeed(options.seed, 'shuffle') | 0;
  const head = [program.length, samples.count, options.epochs, options.batchSize, options.maxSteps ?? 0, seed, kind];
  const parts = [
    bytesOf(Int32Array.from([...head, classWeights.length, ...flags, frozen.length / 2])),
    bytesOf(Float64Array.of(learningRate, momentum, 0.9, 0.999, 1e-7, l2, clipNorm, proximal)),
    bytesOf(program),
    bytesOf(weights),
    bytesOf(samples.features),
    bytesOf(samples.targets),
  ];
  if (normalisation) {
    parts.push(bytesOf(Float32Array.from(normalisation.mean)));
    parts.push(bytesOf(Float32Array.from(normalisation.std, (std) => 1 / std)));
  }
  parts.push(bytesOf(Float32Array.from(classWeights)));
  for (const vector of [anchor, control]) if (vector) parts.push(bytesOf(vector));
  parts.push(bytesOf(Int32Array.from(frozen)));
  return Buffer.concat(parts);
}
