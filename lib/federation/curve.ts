/** A few numbers of each of the last rounds: what a chart needs. They lie in the state of the federation, so that a restart does not begin them anew. */
import type { RoundMetrics } from './metrics';

/** One round, however often it was asked. */
export interface RoundPoint {
  round: number;
  loss?: number;
  /** Of the change of the model; absent: there was none. */
  norm?: number;
  /** Privacy that a client has spent at most; and the clipping norm, where it follows the updates. */
  epsilon?: number;
  clip?: number;
  /** Bytes; of all askings of this round. */
  up: number;
  down: number;
  updates: number;
  /** How often it was asked in vain. */
  voids?: number;
}

export type Curve = readonly RoundPoint[];

/** A list with an end, so that it costs the same on its last day. */
export const MOST_POINTS = 200;

/**
 * With one more at the end. `joined`: what stands for two of the same round, which was asked again. An earlier round means
 * that all has begun anew.
 */
export function withPoint<T extends { round: number }>(
  points: readonly T[],
  point: T,
  joined: (before: T, point: T) => T = (_, newer) => newer,
): readonly T[] {
  const last = points.at(-1);
  if (!last || point.round < last.round) return [point];
  if (last.round === point.round) return [...points.slice(0, -1), joined(last, point)];
  return [...points.slice(1 - MOST_POINTS), point];
}

const pointOf = (metrics: RoundMetrics): RoundPoint => {
  const { round, loss, updateNorm, bytesUp, bytesDown, updates, privacy, clipping } = metrics;
  return {
    round,
    ...(loss === undefined ? {} : { loss }),
    ...(metrics.void === undefined ? { norm: updateNorm } : {}),
    ...(privacy ? { epsilon: privacy.epsilon } : {}),
    ...(privacy && clipping ? { clip: privacy.clippingNorm } : {}),
    up: bytesUp,
    down: bytesDown,
    updates,
    ...(metrics.void === undefined ? {} : { voids: 1 }),
  };
};

const askedAgain = (before: RoundPoint, { up, down, voids = 0, ...point }: RoundPoint): RoundPoint => ({
  ...point,
  up: before.up + up,
  down: before.down + down,
  ...((before.voids ?? 0) + voids > 0 ? { voids: (before.voids ?? 0) + voids } : {}),
});

export const withRound = (curve: Curve = [], metrics: RoundMetrics): Curve =>
  withPoint(curve, pointOf(metrics), askedAgain);

const needed = ['round', 'up', 'down', 'updates'] as const;
const optional = ['loss', 'norm', 'epsilon', 'clip', 'voids'] as const;

/** What was kept, as far as it can be drawn: a curve that cannot be read stops nothing. */
export function curveOf(kept: unknown): Curve {
  if (!Array.isArray(kept)) return [];
  const points = kept.filter((point): point is RoundPoint => {
    if (typeof point !== 'object' || point === null) return false;
    const numbers = point as Record<string, unknown>;
    return (
      needed.every((name) => Number.isFinite(numbers[name])) &&
      optional.every((name) => numbers[name] === undefined || Number.isFinite(numbers[name]))
    );
  });
  return points.slice(-MOST_POINTS);
}
