/** Who of a round gets through, and why the others do not. */
import { krumBound, krumScores, ranking } from '../../lib/robust/krum';
import type { UpdateHeader } from '../../lib/update/message';
import { type Held, splitByShape } from './collection';

export interface KrumRule {
  method: 'krum' | 'multi-krum';
  /** f: how many may be wrong. */
  byzantine: number;
  /** m of Multi-Krum; absent: n - f - 2. */
  keep?: number;
  tooFew: 'none' | 'all';
}

export type Reason = 'outlier' | 'too-few' | 'other-shape';

export interface Judged<T> {
  held: Held<T>;
  score?: UpdateHeader['score'];
  /** Absent: let through. */
  reason?: Reason;
}

export interface Verdict<T> {
  judged: Judged<T>[];
  /** Updates of the shape that most have. */
  compared: number;
  needed: number;
  tooFew: boolean;
}

/** How many are let through: the most for which Multi-Krum is proved, n - f - 2, unless the user says less. */
export function keptOf({ method, byzantine, keep }: KrumRule, n: number): number {
  if (method === 'krum') return 1;
  return Math.max(1, Math.min(keep ?? n - byzantine - 2, n));
}

/** `distances`: squared distances of vectors, row major. */
export async function judge<T>(
  held: readonly Held<T>[],
  rule: KrumRule,
  distances: (vectors: Float32Array[]) => Promise<Float64Array>,
): Promise<Verdict<T>> {
  const { same, other } = splitByShape(held);
  const needed = krumBound(rule.byzantine);
  const strangers = other.map((one): Judged<T> => ({ held: one, reason: 'other-shape' }));
  const n = same.length;
  if (n < needed) {
    const reason = rule.tooFew === 'all' ? undefined : 'too-few';
    return {
      judged: [...same.map((one) => ({ held: one, reason }) as const), ...strangers],
      compared: n,
      needed,
      tooFew: true,
    };
  }
  const scores = krumScores(await distances(same.map(({ vector }) => vector)), n, rule.byzantine);
  const kept = keptOf(rule, n);
  const judged = ranking(scores).map(
    (index, place): Judged<T> => ({
      held: same[index],
      score: { method: rule.method, value: scores[index], rank: place + 1 },
      reason: place < kept ? undefined : 'outlier',
    }),
  );
  return { judged: [...judged, ...strangers], compared: n, needed, tooFew: false };
}
