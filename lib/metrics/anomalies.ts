/** How well reconstruction errors tell anomalies from what is normal. */
import { averagePrecision, rocAuc } from './ranking';

export interface AnomalyFigures {
  task: 'anomaly';
  samples: number;
  /** Of the reconstruction, in normalised units. */
  mae: number;
  rmse: number;
  /** The error above which a sample is an anomaly, when the federation has one. */
  threshold?: number;
  /** Share of all samples above it. */
  flagged?: number;
  /** Samples known to be normal and to be anomalies; absent: none has a label. */
  normal?: number;
  anomalies?: number;
  /** Of ranking the labelled samples by their error. null: all are of one kind. */
  averagePrecision?: number | null;
  rocAuc?: number | null;
  /** At the threshold: share of the anomalies that are found, of the alarms that are right, of the normal ones that alarm. */
  detection?: number;
  precision?: number;
  falseAlarmRate?: number;
  /** At so many normal samples a day as the machine gives. */
  falseAlarmsPerDay?: number;
}

export interface AnomalyTruth {
  /** One for each sample: 1 an anomaly, 0 normal, anything else unknown. */
  truth: ArrayLike<number>;
  threshold?: number;
  /** How many samples the machine gives a day. */
  samplesPerDay?: number;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** `errors`: of each sample, as reconstructionErrors() gives them. */
export function anomalyFigures(
  errors: ArrayLike<number>,
  { truth, threshold, samplesPerDay }: AnomalyTruth,
): Omit<AnomalyFigures, 'task' | 'mae' | 'rmse'> {
  const samples = errors.length;
  const known = Array.from({ length: samples }, (_, i) => i).filter((i) => truth[i] === 0 || truth[i] === 1);
  const isFlagged = (i: number): boolean => threshold !== undefined && errors[i] > threshold;
  const count = (is: (i: number) => boolean): number => known.reduce((sum, i) => sum + (is(i) ? 1 : 0), 0);
  const anomalies = count((i) => truth[i] === 1);
  const normal = known.length - anomalies;
  const found = count((i) => truth[i] === 1 && isFlagged(i));
  const alarms = count((i) => truth[i] === 0 && isFlagged(i));
  const flagged = Array.from({ length: samples }, (_, i) => i).filter(isFlagged).length;
  const isRanked = anomalies > 0 && normal > 0;
  const positive = known.map((i) => truth[i]);
  const scores = known.map((i) => errors[i]);
  return {
    samples,
    ...(threshold === undefined ? {} : { threshold, flagged: ratio(flagged, samples) }),
    ...(known.length === 0
      ? {}
      : {
          normal,
          anomalies,
          averagePrecision: isRanked ? averagePrecision(positive, scores) : null,
          rocAuc: isRanked ? rocAuc(positive, scores) : null,
        }),
    ...(known.length === 0 || threshold === undefined
      ? {}
      : {
          detection: ratio(found, anomalies),
          precision: ratio(found, found + alarms),
          falseAlarmRate: ratio(alarms, normal),
          ...(samplesPerDay === undefined ? {} : { falseAlarmsPerDay: ratio(alarms, normal) * samplesPerDay }),
        }),
  };
}
