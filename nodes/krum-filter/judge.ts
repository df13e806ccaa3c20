/** Who of a round gets through, and why the others do not. */
import { createRule } from '../../lib/robust/create-rule';
import { krumBound, krumScores, ranking } from '../../lib/robust/krum';
import type { RuleOptions } from '../../lib/robust/options';
import type { Combined, RuleInput } from '../../lib/robust/rule';
import type { UpdateHeader } from '../../lib/update/message';
import { type Held, splitByShape } from './collection';

/** In the order in which they are offered. */
export const methods = ['multi-krum', 'krum', 'bulyan', 'median', 'geometric-median', 'norm-bound', 'flame'] as const;

export interface KrumRule {
  method: (typeof methods)[number];
  /** f: how many may be wrong. */
  byzantine: number;
  /** m of Multi-Krum; absent: n - f - 2. */
  keep?: number;
  tooFew: 'none' | 'all';
}

export type Reason = 'outlier' | 'far' | 'too-few' | 'other-shape';

export interface Judged<T> {
  held: Held<T>;
  score?: UpdateHeader['score'];
  /** Absent: let through. */
  reason?: Reason;
  /** Why, where the rule itself says it. */
  sentence?: string;
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

/** The rule behind a method other than Krum. What is far from a median is told by the distance, f of them. */
function ruleOf({ method, byzantine: f }: KrumRule): RuleOptions {
  switch (method) {
    case 'krum':
    case 'multi-krum':
    case 'bulyan':
    case 'median':
      return { name: method, f };
    case 'norm-bound':
      return { name: method, above: 'zero' };
    case 'geometric-median':
    case 'flame':
      return { name: method };
  }
}

/** The fewest updates for which the method is proved. */
export function neededOf(rule: KrumRule): number {
  if (rule.method === 'geometric-median') return 2 * rule.byzantine + 1;
  return createRule(ruleOf(rule))?.needed ?? krumBound(rule.byzantine);
}

export interface Judges {
  /** Squared distances of vectors, row major. */
  distances(vectors: Float32Array[]): Promise<Float64Array>;
  combine(rule: RuleOptions, input: RuleInput): Promise<Combined>;
}

async function byKrum<T>(same: readonly Held<T>[], rule: KrumRule, { distances }: Judges): Promise<Judged<T>[]> {
  const n = same.length;
  const scores = krumScores(await distances(same.map(({ vector }) => vector)), n, rule.byzantine);
  const kept = keptOf(rule, n);
  return ranking(scores).map(
    (index, place): Judged<T> => ({
      held: same[index],
      score: { method: rule.method, value: scores[index], rank: place + 1 },
      reason: place < kept ? undefined : 'outlier',
    }),
  );
}

async function byRule<T>(same: readonly Held<T>[], rule: KrumRule, { combine }: Judges): Promise<Judged<T>[]> {
  const { scores, rejected } = await combine(ruleOf(rule), { vectors: same.map(({ vector }) => vector) });
  const sentences = new Map(rejected.map(({ index, reason }) => [index, reason]));
  const isFar = (place: number): boolean =>
    (rule.method === 'median' || rule.method === 'geometric-median') && place >= same.length - rule.byzantine;
  return ranking(scores).map((index, place): Judged<T> => {
    const sentence = sentences.get(index);
    const score = { method: rule.method, value: scores[index], rank: place + 1 };
    if (sentence !== undefined) return { held: same[index], score, reason: 'outlier', sentence };
    return { held: same[index], score, ...(isFar(place) ? { reason: 'far' as const } : {}) };
  });
}

export async function judge<T>(held: readonly Held<T>[], rule: KrumRule, judges: Judges): Promise<Verdict<T>> {
  const { same: unsorted, other } = splitByShape(held);
  const same = [...unsorted].sort((a, b) => (a.header.client < b.header.client ? -1 : 1));
  const needed = neededOf(rule);
  const strangers = other.map((one): Judged<T> => ({ held: one, reason: 'other-shape' }));
  const compared = same.length;
  if (compared < needed) {
    const reason = rule.tooFew === 'all' ? undefined : 'too-few';
    const judged = [...same.map((one) => ({ held: one, reason }) as const), ...strangers];
    return { judged, compared, needed, tooFew: true };
  }
  const isKrum = rule.method === 'krum' || rule.method === 'multi-krum';
  const judged = await (isKrum ? byKrum(same, rule, judges) : byRule(same, rule, judges));
  return { judged: [...judged, ...strangers], compared, needed, tooFew: false };
}
