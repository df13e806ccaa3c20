/**
 * Inputs of a model from the last rows of a group: values, means, changes, raw windows. A feature sees the present row
 * and the rows before it, never a later one.
 */
import { RefusedError } from '../refused';
import type { History } from './history';
import { reductions } from './reductions';

export type FeatureKind = keyof typeof reductions | 'change' | 'raw';
export const FEATURE_KINDS: readonly FeatureKind[] = [
  'value',
  'mean',
  'change',
  'min',
  'max',
  'std',
  'slope',
  'rms',
  'magnitude',
  'crossings',
  'roughness',
  'range',
  'raw',
];

export interface FeatureSpec {
  column: string;
  kind: FeatureKind;
  /**
   * Rows, the present one included; "change" looks `window` rows back, so it needs one more. "raw" gives the rows
   * themselves, oldest first. Not used by "value".
   */
  window?: number;
  /** "change" only: compares the means of so many rows instead of two single rows, against noise; default 1. */
  smooth?: number;
}

const MAX_WINDOW = 10_000;
const MAX_WIDTH = 65_536;

/** Rows that the history must hold for the feature to be whole. */
export function depthOf(feature: FeatureSpec): number {
  if (feature.kind === 'value') return 1;
  return feature.kind === 'change' ? (feature.window ?? 1) + (feature.smooth ?? 1) : (feature.window ?? 1);
}

/** How many numbers the feature gives. */
export const widthOf = (feature: FeatureSpec): number => (feature.kind === 'raw' ? (feature.window ?? 1) : 1);

/** Mean of the last `smooth` rows minus that of `window` rows ago, or as far back as there are rows. */
function change(history: History, window: number, smooth: number): number {
  const rows = Math.min(smooth, history.length());
  const back = Math.min(window, history.length() - rows);
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += history.ago(i) - history.ago(back + i);
  return sum / rows;
}

export interface FeaturePlan {
  columns: string[];
  /** Rows kept of each column. */
  depth: number;
  /** Numbers in a sample. */
  width: number;
  /** [steps, channels] when every feature is raw with one window, else [width]. */
  shape: number[];
  names: string[];
  /** Reads one sample out of the histories (keyed by column). */
  read(histories: ReadonlyMap<string, History>): Float32Array;
}

function checkFeature({ column, kind, window, smooth }: FeatureSpec): void {
  if (typeof column !== 'string' || column === '') {
    throw new RefusedError('feature', 'A feature has no column: choose a column of the data for it.');
  }
  if (!FEATURE_KINDS.includes(kind)) {
    throw new RefusedError('feature', `The feature on "${column}" must be one of ${FEATURE_KINDS.join(', ')}.`);
  }
  if (kind === 'value') return;
  const least = kind === 'std' || kind === 'slope' ? 2 : 1;
  if (!Number.isInteger(window) || (window as number) < least || (window as number) > MAX_WINDOW) {
    throw new RefusedError('feature', `The ${kind} of "${column}" needs a window of ${least} to ${MAX_WINDOW} rows.`);
  }
  if (kind === 'change' && smooth !== undefined && !(Number.isInteger(smooth) && smooth >= 1 && smooth <= MAX_WINDOW)) {
    throw new RefusedError('feature', `The change of "${column}" is smoothed over 1 to ${MAX_WINDOW} rows.`);
  }
}

function nameFeature({ column, kind, window }: FeatureSpec): string[] {
  if (kind === 'value') return [column];
  if (kind !== 'raw') return [`${column} ${kind} ${window}`];
  return Array.from({ length: window ?? 1 }, (_, i) => `${column} -${(window ?? 1) - 1 - i}`);
}

/** Checks the features and lays them out. Throws RefusedError with what to change. */
export function planFeatures(features: readonly FeatureSpec[]): FeaturePlan {
  if (!features?.length) {
    throw new RefusedError('feature', 'There is no feature: choose at least one column that the model looks at.');
  }
  for (const feature of features) checkFeature(feature);
  const width = features.reduce((sum, feature) => sum + widthOf(feature), 0);
  if (width > MAX_WIDTH)
    throw new RefusedError('feature', `${width} numbers a sample are too many: ${MAX_WIDTH} at most.`);
  const columns = [...new Set(features.map(({ column }) => column))];
  const depth = Math.max(...features.map(depthOf));
  const steps = features[0].window ?? 1;
  const sequence = features.every(({ kind, window }) => kind === 'raw' && window === steps) && steps > 1;
  const names = sequence
    ? Array.from({ length: steps }, (_, step) => features.map((f) => `${f.column} -${steps - 1 - step}`)).flat()
    : features.flatMap(nameFeature);

  const readFlat = (histories: ReadonlyMap<string, History>): Float32Array => {
    const sample = new Float32Array(width);
    let at = 0;
    for (const feature of features) {
      const history = histories.get(feature.column) as History;
      const window = feature.window ?? 1;
      if (feature.kind === 'raw') {
        for (let back = window - 1; back >= 0; back--) sample[at++] = history.ago(back);
      } else if (feature.kind === 'change') {
        sample[at++] = change(history, window, feature.smooth ?? 1);
      } else {
        sample[at++] = reductions[feature.kind](history, Math.min(window, history.length()));
      }
    }
    return sample;
  };
  const readSequence = (histories: ReadonlyMap<string, History>): Float32Array => {
    const sample = new Float32Array(width);
    let at = 0;
    for (let back = steps - 1; back >= 0; back--) {
      for (const { column } of features) sample[at++] = (histories.get(column) as History).ago(back);
    }
    return sample;
  };
  return {
    columns,
    depth,
    width,
    shape: sequence ? [steps, features.length] : [width],
    names,
    read: sequence ? readSequence : readFlat,
  };
}
