/** Who of a round gets through, and why the others do not. */
import { createRule } from '../../lib/robust/create-rule';
import { krumBound, krumScores, ranking } from '../../lib/robust/krum';
import type { RuleOptions } from '../../lib/robust/options';
import type { Combined, RuleInput, Shares } from '../../lib/robust/rule';
import type { UpdateHeader } from '../../lib/update/message';
import { type Held, splitByShape } from './collection';

/** In the order in which they are offered. */
export const methods = [
  ...(['multi-krum', 'krum', 'bulyan', 'median', 'geometric-median', 'trimmed-mean'] as const),
  ...(['norm-bound', 'norm-clip', 'centered-clip', 'flame', 'fltrust'] as const),
] as const;

export interface KrumRule {
  method: (typeof methods)[number];
  /** f: how many may be wrong. */
  byzantine: number;
  /** m of Multi-Krum; absent: n - f - 2. */
  keep?: number;
  /** Of FLTrust: the client with whose update the others are compared. */
  trusted?: string;
  tooFew: 'none' | 'all';
}

export type Reason = 'outlier' | 'far' | 'too-few' | 'other-shape' | 'root' | 'no-root';

export interface Judged<T> {
  held: Held<T>;
  score?: UpdateHeader['score'];
  /** Absent: let through. */
  reason?: Reason;
  /** Why, where the rule itself says it. */
  sentence?: string;
  /** What is let through in its place, and how much of it that is; absent: it itself. */
  changed?: { vector: Float32Array; factor: number };
}

export interface Verdict<T> {
  judged: Judged<T>[];
  /** Updates of the shape that most have. */
  compared: number;
  needed: number;
  tooFew: boolean;
  /** FLTrust without an update of the trusted client. */
  noRoot?: boolean;
}

/** How many are let through: the most for which Multi-Krum is proved, n - f - 2, unless the user says less. */
export function keptOf({ method, byzantine, keep }: KrumRule, n: number): number {
  if (method === 'krum') return 1;
  return Math.max(1, Math.min(keep ?? n - byzantine - 2, n));
}

/** By the distance to a middle of all: the f that are farthest are left out. */
const byDistance: readonly string[] = ['median', 'geometric-median', 'trimmed-mean'];

/** Of the trimmed mean: at least one at each end. */
const cutOf = (f: number): number => Math.max(1, f);

/** The rule behind a method other than Krum, over n updates. */
function ruleOf({ method, byzantine: f }: KrumRule, n: number): RuleOptions {
  switch (method) {
    case 'krum':
    case 'multi-krum':
    case 'bulyan':
    case 'median':
      return { name: method, f };
    case 'trimmed-mean':
      return { name: method, f: cutOf(f), beta: cutOf(f) / n };
    case 'norm-bound':
      return { name: method, above: 'zero' };
    case 'norm-clip':
      return { name: 'norm-bound', above: 'clip' };
    case 'geometric-median':
    case 'centered-clip':
    case 'flame':
    case 'fltrust':
      return { name: method };
  }
}

/** The fewest updates for which the method is proved. */
export function neededOf(rule: KrumRule): number {
  const { method, byzantine: f } = rule;
  switch (method) {
    case 'geometric-median':
      return 2 * f + 1;
    case 'trimmed-mean':
      return 2 * cutOf(f) + 1;
    case 'fltrust':
      // The trusted one counts too.
      return 2;
    default:
      return createRule(ruleOf(rule, 0))?.needed ?? krumBound(f);
  }
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

/** centre + factor (x - centre), rounded once. */
function changedBy({ factors, centre }: Shares, vector: Float32Array, index: number): Judged<never>['changed'] {
  const factor = factors[index];
  if (factor === 1) return undefined;
  return { factor, vector: vector.map((x, k) => (centre ? centre[k] + factor * (x - centre[k]) : factor * x)) };
}

/** `root`: of FLTrust. */
async function byRule<T>(
  same: readonly Held<T>[],
  rule: KrumRule,
  { combine }: Judges,
  root?: Float32Array,
): Promise<Judged<T>[]> {
  const n = same.length;
  const vectors = same.map(({ vector }) => vector);
  const { scores, rejected, shares } = await combine(ruleOf(rule, n), { vectors, ...(root ? { root } : {}) });
  const sentences = new Map(rejected.map(({ index, reason }) => [index, reason]));
  const isFar = (place: number): boolean => byDistance.includes(rule.method) && place >= n - rule.byzantine;
  // Trust is the other way round: more is better.
  const order = ranking(rule.method === 'fltrust' ? scores.map((trust) => -trust) : scores);
  return order.map((index, place): Judged<T> => {
    const sentence = sentences.get(index);
    const score = { method: rule.method, value: scores[index], rank: place + 1 };
    if (sentence !== undefined) return { held: same[index], score, reason: 'outlier', sentence };
    if (isFar(place)) return { held: same[index], score, reason: 'far' };
    const changed = shares && changedBy(shares, vectors[index], index);
    return { held: same[index], score, ...(changed ? { changed } : {}) };
  });
}

const unchecked = <T>(held: readonly Held<T>[], { tooFew }: KrumRule, reason: Reason): Judged<T>[] =>
  held.map((one) => (tooFew === 'all' ? { held: one } : { held: one, reason }));

/** FLTrust: all that have the shape of the trusted client's update against it, which itself does not count. */
async function byTrust<T>(held: readonly Held<T>[], rule: KrumRule, judges: Judges): Promise<Verdict<T>> {
  const root = held.find(({ header }) => header.client === rule.trusted);
  const { same, other } = splitByShape(held, root);
  const others = byClient(same.filter((one) => one !== root));
  const strangers = other.map((one): Judged<T> => ({ held: one, reason: 'other-shape' }));
  const out: Judged<T>[] = root ? [{ held: root, reason: 'root' }] : [];
  const compared = same.length;
  const needed = neededOf(rule);
  const whole = { compared, needed, noRoot: root === undefined };
  if (!root || compared < needed) {
    const judged = unchecked(others, rule, root ? 'too-few' : 'no-root');
    return { judged: [...judged, ...out, ...strangers], ...whole, tooFew: true };
  }
  const judged = await byRule(others, rule, judges, root.vector);
  return { judged: [...judged, ...out, ...strangers], ...whole, tooFew: false };
}

const byClient = <T>(held: readonly Held<T>[]): Held<T>[] =>
  [...held].sort((a, b) => (a.header.client < b.header.client ? -1 : 1));

export async function judge<T>(held: readonly Held<T>[], rule: KrumRule, judges: Judges): Promise<Verdict<T>> {
  if (rule.method === 'fltrust') return byTrust(held, rule, judges);
  const { same: unsorted, other } = splitByShape(held);
  const same = byClient(unsorted);
  const needed = neededOf(rule);
  const strangers = other.map((one): Judged<T> => ({ held: one, reason: 'other-shape' }));
  const compared = same.length;
  if (compared < needed) {
    return { judged: [...unchecked(same, rule, 'too-few'), ...strangers], compared, needed, tooFew: true };
  }
  const isKrum = rule.method === 'krum' || rule.method === 'multi-krum';
  const judged = await (isKrum ? byKrum(same, rule, judges) : byRule(same, rule, judges));
  return { judged: [...judged, ...strangers], compared, needed, tooFew: false };
}
