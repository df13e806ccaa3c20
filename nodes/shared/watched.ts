/**
 * What runs in one Node-RED and can be looked at: its aggregators and what measures their models. A node says little (a few
 * numbers a round); everything else is made when somebody asks.
 */
import type { EventEmitter } from 'node:events';
import type { Coordinator, Overview } from '../../lib/federation/coordinator-parts';
import type { RoundMetrics } from '../../lib/federation/metrics';
import type { Command } from '../../lib/federation/round-state';
import { createFigures, type FigurePoint } from './figures';
import { type FlowNode, type Red, runtimeKey } from './red';
import { sentenceOf, type Told } from './refusals';
import type { Shell } from './shell';

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
  totals(): Totals;
  refused(): Told[];
  /** How long ago (ms) the last asking ended, and how long it took; absent: none has. */
  last(): { agoMs: number; tookMs: number } | undefined;
  /** What the updates of the last round that counted stated. */
  privacy(): RoundMetrics['privacy'];
  /** What an evaluator has measured of this federation; `node`: its id. */
  measured(node: string): readonly FigurePoint[];
  measure(node: string, point: FigurePoint): void;
  /** Rejects with what was refused. */
  command(name: Command): Promise<void>;
}

export interface WatchedEvaluator {
  readonly node: FlowNode;
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

export function watchAggregator(
  RED: Red,
  node: FlowNode,
  { refusals, closing }: Pick<Shell, 'refusals' | 'closing'>,
  { federation, model, command }: Pick<WatchedAggregator, 'federation' | 'model' | 'command'>,
) {
  const figures = createFigures();
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
      totals: () => ({ ...totals }),
      refused: refusals.told,
      privacy: () => privacy,
      measured: figures.of,
      measure: figures.take,
      last: () => last && { agoMs: performance.now() - last.at, tookMs: last.tookMs },
    },
    closing,
  );
  return {
    /** To be kept with the federation. */
    figures,
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
      last = { at: performance.now(), tookMs: metrics.durationMs };
      if (metrics.void === undefined) privacy = metrics.privacy;
      totals[metrics.void === undefined ? 'rounds' : 'voids']++;
      totals.declined += metrics.declined;
      totals.withheld += metrics.withheld ?? 0;
      totals.late += metrics.late;
    },
  };
}

/** What it measures is kept by those whose models it measures, if they run here. */
export function watchEvaluator(RED: Red, node: FlowNode, closing: AbortSignal) {
  const { aggregators, evaluators } = watchedIn(RED);
  untilClosed(evaluators, { node }, closing);
  return {
    take(federation: string, point: FigurePoint): void {
      for (const one of aggregators) if (one.federation === federation) one.measure(node.id, point);
    },
  };
}
