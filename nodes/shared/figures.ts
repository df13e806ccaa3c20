/** What the evaluators of one Node-RED have measured of a federation: the last rounds of each, kept with its state. */
import type { Beside } from '../../lib/federation/coordinator-parts';
import { MOST_POINTS, withPoint } from '../../lib/federation/curve';

export interface FigurePoint {
  round: number;
  /** Name of the figure, as 'accuracy'. */
  figure: string;
  value: number;
}

export interface Figures extends Beside {
  take(node: string, point: FigurePoint): void;
  of(node: string): readonly FigurePoint[];
}

/** Of more evaluators than these, the one that has been silent longest is forgotten. */
const MOST_EVALUATORS = 8;

const isPoint = (point: unknown): point is FigurePoint => {
  if (typeof point !== 'object' || point === null) return false;
  const { round, figure, value } = point as Partial<Record<keyof FigurePoint, unknown>>;
  return Number.isFinite(round) && typeof figure === 'string' && Number.isFinite(value);
};

export function createFigures(): Figures {
  const points = new Map<string, readonly FigurePoint[]>();
  return {
    take(node, point) {
      const own = withPoint(points.get(node) ?? [], point);
      points.delete(node);
      points.set(node, own);
      const [first] = points.keys();
      if (points.size > MOST_EVALUATORS) points.delete(first);
    },
    of: (node) => points.get(node) ?? [],
    now: () => [...points],
    found(kept) {
      if (!Array.isArray(kept)) return;
      for (const entry of kept.slice(-MOST_EVALUATORS)) {
        const [node, own] = Array.isArray(entry) ? entry : [];
        // What has been measured meanwhile is newer.
        if (typeof node !== 'string' || !Array.isArray(own) || points.has(node)) continue;
        points.set(node, own.filter(isPoint).slice(-MOST_POINTS));
      }
    },
  };
}
