/** Counts over the training samples, for the splits that must know the whole before they can share it out. */
import type { Sample } from '../windows';
import { plainLot } from './division';
import type { ClientSpec, Survey } from './spec';

export interface Surveyor {
  add(sample: Sample): void;
  done(): Survey;
}

/** Of samples with `width` features. Means and deviations by Welford's recurrence. */
export function surveyor(spec: ClientSpec, width: number): Surveyor {
  const classes = new Map<number, number>();
  const mean = new Float64Array(width);
  const spread = new Float64Array(width);
  const lot = plainLot(spec);
  const clients = new Array<number>(lot && 'clients' in spec ? spec.clients : 0).fill(0);
  let samples = 0;
  return {
    add(sample) {
      samples += 1;
      const { features, targets } = sample;
      if (targets.length === 1) classes.set(targets[0], (classes.get(targets[0]) ?? 0) + 1);
      for (let j = 0; j < width; j++) {
        const off = features[j] - mean[j];
        mean[j] += off / samples;
        spread[j] += off * (features[j] - mean[j]);
      }
      if (lot) clients[lot(sample)] += 1;
    },
    done() {
      const std = spread.map((sum) => (sum > 0 ? Math.sqrt(sum / samples) : 1));
      return { samples, classes, mean, std, clients };
    },
  };
}
