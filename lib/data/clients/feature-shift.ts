/**
 * Feature skew: every client gets its even share, and sees it by sensors of its own. In units of a feature's standard
 * deviation over all samples, z = (x - mean) / std,
 *
 *   affine: z' = 2^(strength u) z + strength v, with u uniform in [-1, 1] and v standard normal, drawn once for each client
 *           and feature: a gain between 2^-strength and 2^strength, and an offset of about `strength` deviations;
 *   noise:  z' = z + sqrt(strength k / clients) e, with e standard normal, drawn for each number, at client k = 1, 2, ...:
 *           the noise of variance strength k / clients of Li et al. 2022 (arXiv:2102.02079), here in deviations.
 *
 * Labels stay as they are. Held-out samples belong to no client and are not touched.
 */
import { generator } from '../../random/generator';
import { RefusedError } from '../../refused';
import type { Sample } from '../windows';
import type { Survey } from './spec';

export interface FeatureShift {
  shift: 'affine' | 'noise';
  /** 0: as they are. */
  strength: number;
  clients: number;
  seed: number;
}

/** What one client's sensors do to one feature: x' = gain x + offset + noise e. */
export interface Sensor {
  gain: Float64Array;
  offset: Float64Array;
  noise: Float64Array;
}

/** `index`: of the client, from 0. */
export function sensorOf({ shift, strength, clients, seed }: FeatureShift, index: number, survey: Survey): Sensor {
  const { mean, std } = survey;
  const width = mean.length;
  const sensor = {
    gain: new Float64Array(width).fill(1),
    offset: new Float64Array(width),
    noise: new Float64Array(width),
  };
  if (shift === 'noise') {
    const share = Math.sqrt((strength * (index + 1)) / clients);
    for (let j = 0; j < width; j++) sensor.noise[j] = share * std[j];
    return sensor;
  }
  const random = generator(seed, 'feature-shift', index);
  for (let j = 0; j < width; j++) {
    const gain = 2 ** (strength * (2 * random.uniform() - 1));
    sensor.gain[j] = gain;
    sensor.offset[j] = mean[j] - gain * mean[j] + strength * random.normal() * std[j];
  }
  return sensor;
}

/** The sample as client `index` sees it; the same one always alike. */
export function featureShift(spec: FeatureShift, survey: Survey): (sample: Sample, index: number) => Sample {
  const { shift, strength, seed } = spec;
  if (!(strength >= 0 && strength <= 10)) {
    throw new RefusedError('clients', 'The strength must be a number from 0 to 10: 0 leaves the features as they are.');
  }
  if (shift !== 'affine' && shift !== 'noise') {
    throw new RefusedError('clients', 'The features must be shifted by affine or noise.');
  }
  const sensors = new Map<number, Sensor>();
  return (sample, index) => {
    const sensor = sensors.get(index) ?? sensorOf(spec, index, survey);
    sensors.set(index, sensor);
    const { gain, offset, noise } = sensor;
    if (shift === 'affine') return { ...sample, features: sample.features.map((x, j) => gain[j] * x + offset[j]) };
    const random = generator(seed, 'feature-noise', sample.group, sample.index);
    return { ...sample, features: sample.features.map((x, j) => x + noise[j] * random.normal()) };
  };
}
