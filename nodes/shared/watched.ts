/**
 * What runs in one Node-RED and can be looked at: its aggregators and what measures their models. A node says little (a few
 * numbers a round); everything else is made when somebody asks.
 */
import type { EventEmitter } from 'node:events';
import type { Coordinator, Overview } from '../../lib/federation/coordinator-parts';
import type { RoundMetrics } from '../../lib/federation/metrics';
import type { Command } from '../../lib/federation/round-state';
import { createRecent, type Recent } from './recent';
import { type FlowNode, type Red, runtimeKey } from './red';
import { sentenceOf, type Told } from './refusals';
import type { Shell } from './shell';

/** One round, as a chart needs it. */
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

/** Since the node started. */
export interface Totals {
  rounds: number;
  voids: number;
  declined: number;
  withheld: number;
  late: number;
}

export interface WatchedAggregator {
  readonly node: FlowNode;
  readonly federation: string;
  /** Id of its fl-model; empty: none is chosen. */
  readonly model: string;
  /** Absent: it has not been opened yet, or never will, for the reason in `problem`. */
  overview(): Overview | undefined;
  problem(): string | undefined;
  points(): readonly RoundPoint[];
  totals(): Totals;
  refused(): Told[];
  /** How long ago (ms) the last asking ended, and how long it took; absent: none has. */
  last(): { agoMs: number; tookMs: number } | undefined;
  /** What the updates of the last round that counted stated. */
  privacy(): RoundMetrics['privacy'];
  /** Rejects with what was refused. */
  command(name: Command): Promise<void>;
}

export interface FigurePoint {
  federation: string;
  round: number;
  /** Name of the figure, as 'accuracy'. */
  figure: string;
  value: number;
}

export interface WatchedEvaluator {
  readonly node: FlowNode;
  points(): readonly FigurePoint[];
}

interface Watched {
  aggregators: Set<WatchedAggregator>;
  evaluators: Set<WatchedEvaluator>;
}

const runtimes = new WeakMap<EventEmitter, Watched>();

/** Those that are not closed. */
export function watchedIn(RED: Red): Watched {
  const key = runtimeKey(RED);
  const watched = runtimes.get(key) ?? { aggregators: new Set(), evaluators: new Set() };
  runtimes.set(key, watched);
  return watched;
}

function untilClosed<T>(set: Set<T>, thing: T, closing: AbortSignal): void {
  set.add(thing);
  closing.addEventListener('abort', () => set.delete(thing), { once: true });
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

export function watchAggregator(
  RED: Red,
  node: FlowNode,
  { refusals, closing }: Pick<Shell, 'refusals' | 'closing'>,
  { federation, model, command }: Pick<WatchedAggregator, 'federation' | 'model' | 'command'>,
) {
  const recent = createRecent(askedAgain);
  const totals: Totals = { rounds: 0, voids: 0, declined: 0, withheld: 0, late: 0 };
  let coordinator: Coordinator | undefined;
  let problem: string | undefined;
  let privacy: RoundMetrics['privacy'];
  let last: { at: number; tookMs: number } | undefined;
  untilClosed(
    watchedIn(RED).aggregators,
    {
      node,
      federation,
      model,
      command,
      overview: () => coordinator?.overview(),
      problem: () => problem,
      points: recent.items,
      totals: () => ({ ...totals }),
      refused: refusals.told,
      privacy: () => privacy,
      last: () => last && { agoMs: performance.now() - last.at, tookMs: last.tookMs },
    },
    closing,
  );
  return {
    /** Remembers what comes of it. */
    opening(work: Promise<Coordinator>): Promise<Coordinator> {
      work.then(
        (opened) => {
          coordinator = opened;
          problem = undefined;
        },
        (thrown) => {
          problem = sentenceOf(thrown).message;
        },
      );
      return work;
    },
    round(metrics: RoundMetrics): void {
      recent.take(pointOf(metrics));
      last = { at: performance.now(), tookMs: metrics.durationMs };
      if (metrics.void === undefined) privacy = metrics.privacy;
      totals[metrics.void === undefined ? 'rounds' : 'voids']++;
      totals.declined += metrics.declined;
      totals.withheld += metrics.withheld ?? 0;
      totals.late += metrics.late;
    },
  };
}

/** One evaluator may hear several federations; of more than these the first is forgotten. */
const MOST_FEDERATIONS = 8;

export function watchEvaluator(RED: Red, node: FlowNode, closing: AbortSignal) {
  const recent = new Map<string, Recent<FigurePoint>>();
  const points = (): FigurePoint[] => [...recent.values()].flatMap(({ items }) => items());
  untilClosed(watchedIn(RED).evaluators, { node, points }, closing);
  return {
    take(point: FigurePoint): void {
      const own = recent.get(point.federation) ?? createRecent<FigurePoint>((_, item) => item);
      recent.set(point.federation, own);
      own.take(point);
      const [first] = recent.keys();
      if (recent.size > MOST_FEDERATIONS) recent.delete(first);
    },
  };
}
