/** A case as the file that native.cpp reads. */
import { programOf } from '../../lib/core/program';
import { streamSeed } from '../../lib/random/generator';
import { frozenRanges } from '../../lib/training/core/train';
import type { TrainingOptions } from '../../lib/training/engine';
import type { Case } from './cases';

const bytesOf = (values: Float32Array | Float64Array | Int32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Method, steps, epsilon, size of a step, share and seed. */
function adversary({ adversarial, seed }: TrainingOptions): number[] {
  if (!adversarial) return [0, 0, 0, 0, 0, 0];
  const { method, epsilon, steps = 5, share = 0.5 } = adversarial;
  const size = adversarial.stepSize ?? (2.5 * epsilon) / steps;
  return [method === 'fgsm' ? 1 : 2, steps, epsilon, size, share, streamSeed(seed, 'adversary')];
}

export function nativeCase({ job }: Case): Buffer {
  const { spec, weights, samples, normalisation, options, control } = job;
  const kind = ['sgd', 'momentum', 'adam'].indexOf(options.optimizer);
  const program = programOf(spec, { batch: samples.count, slots: kind, training: true });
  const { learningRate, momentum = 0.9, l2 = 0, clipNorm = 0, classWeights = [], proximal = 0 } = options;
  const { focalGamma = 0, lipschitz = 0 } = options;
  const anchor = proximal > 0 ? (job.anchor ?? weights) : undefined;
  const flags = [normalisation, anchor, control, options.fullBatch].map((one) => (one ? 1 : 0));
  const frozen = frozenRanges(job);
  const seed = streamSeed(options.seed, 'shuffle') | 0;
  const head = [program.length, samples.count, options.epochs, options.batchSize, options.maxSteps ?? 0, seed, kind];
  const parts = [
    bytesOf(Int32Array.from([...head, classWeights.length, ...flags, frozen.length / 2])),
    bytesOf(Float64Array.of(learningRate, momentum, 0.9, 0.999, 1e-7, l2, clipNorm, proximal)),
    bytesOf(Float64Array.of(focalGamma, lipschitz, ...adversary(options))),
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
