/** What the sidebar is told: a line for each federation, and all about the one that is open. Plain JSON. */
import type { Overview, WatchedClient } from '../../lib/federation/coordinator-parts';
import type { Curve } from '../../lib/federation/curve';
import type { RoundMetrics } from '../../lib/federation/metrics';
import type { Told } from '../../nodes/shared/refusals';
import type { Totals, WatchedAggregator, WatchedEvaluator } from '../../nodes/shared/watched';
import { type ClientsQuery, type Page, pageOf } from './clients';

export interface Line {
  id: string;
  /** The node to show in the editor: in a subflow that of its template. */
  shown: string;
  name: string;
  federation: string;
  /** 'off': not opened; why is in `problem`, unless it is only starting or has no model. */
  phase: Overview['phase'] | 'off';
  problem?: string;
  hasModel: boolean;
  running: boolean;
  round: number;
  rounds: number;
  /** Clients that are there, of so many that are known. */
  clients: number;
  known: number;
  cohort: number;
  answers: number;
  quarantined: number;
  /** The newest of each, where there is one. */
  loss?: number;
  figure?: { figure: string; value: number };
  /** Since the aggregator started, whatever the code. */
  refused: number;
}

export interface Series {
  /** Name of the evaluator, and of its figure. */
  name: string;
  figure: string;
  points: { round: number; value: number }[];
}

export interface Details {
  id: string;
  strategy?: string;
  rule?: string;
  bytesUp: number;
  bytesDown: number;
  points: Curve;
  series: Series[];
  totals: Totals;
  last?: ReturnType<WatchedAggregator['last']>;
  refused: Told[];
  privacy?: RoundMetrics['privacy'];
  /** Of the last round: masked updates of which only the sum was seen, and how many clients counted to each group. */
  secure?: RoundMetrics['secure'];
  groups?: number[];
  /** Why the last asking changed nothing. */
  void?: string;
  quarantined: Pick<WatchedClient, 'client' | 'quarantined' | 'rejections' | 'reason'>[];
  clients: Page;
}

/** `now`: its overview, made once for a look. */
export function lineOf(
  watched: WatchedAggregator,
  now: Overview | undefined,
  evaluators: Iterable<WatchedEvaluator>,
): Line {
  const { node, federation, model } = watched;
  const problem = watched.problem();
  const loss = now?.curve.findLast((point) => point.loss !== undefined)?.loss;
  const [newest] = [...evaluators].flatMap((evaluator) => watched.measured(evaluator.node.id).slice(-1));
  return {
    id: node.id,
    shown: node._alias ?? node.id,
    name: node.name ?? '',
    federation,
    phase: now?.phase ?? 'off',
    ...(problem === undefined ? {} : { problem }),
    hasModel: model !== '',
    running: now?.running ?? false,
    round: now?.round ?? 0,
    rounds: now?.rounds ?? 0,
    clients: now?.clients ?? 0,
    known: now?.registry.length ?? 0,
    cohort: now?.cohort ?? 0,
    answers: now?.answers ?? 0,
    quarantined: now?.quarantined ?? 0,
    ...(loss === undefined ? {} : { loss }),
    ...(newest ? { figure: { figure: newest.figure, value: newest.value } } : {}),
    refused: watched.refused().reduce((sum, { count }) => sum + count, 0),
  };
}

/** More evaluators than these are not drawn. */
const MOST_SERIES = 4;
/** In quarantine are few; a list of more is cut, the number is in the line. */
const MOST_QUARANTINED = 50;

const seriesOf = (evaluators: Iterable<WatchedEvaluator>, { measured }: WatchedAggregator): Series[] =>
  [...evaluators]
    .flatMap(({ node }): Series[] => {
      const own = measured(node.id);
      const figure = own.at(-1)?.figure;
      if (figure === undefined) return [];
      const alike = own.filter((point) => point.figure === figure);
      return [{ name: node.name ?? '', figure, points: alike.map(({ round, value }) => ({ round, value })) }];
    })
    .slice(0, MOST_SERIES);

/** Who was quarantined first comes first. */
const quarantinedOf = (registry: readonly WatchedClient[]): Details['quarantined'] =>
  registry
    .filter(({ quarantined }) => quarantined !== undefined)
    .sort((a, b) => (a.quarantined ?? 0) - (b.quarantined ?? 0))
    .slice(0, MOST_QUARANTINED)
    .map(({ client, quarantined, rejections = 0, reason = '' }) => ({ client, quarantined, rejections, reason }));

export function detailsOf(
  watched: WatchedAggregator,
  now: Overview | undefined,
  evaluators: Iterable<WatchedEvaluator>,
  query: ClientsQuery,
): Details {
  const registry = now?.registry ?? [];
  const { strategy, rule, secure, groups, void: reason } = now?.metrics ?? {};
  const privacy = watched.privacy();
  const last = watched.last();
  return {
    id: watched.node.id,
    ...(strategy === undefined ? {} : { strategy }),
    ...(rule === undefined ? {} : { rule }),
    bytesUp: now?.bytesUpTotal ?? 0,
    bytesDown: now?.bytesDownTotal ?? 0,
    points: now?.curve ?? [],
    series: seriesOf(evaluators, watched),
    totals: watched.totals(),
    ...(last ? { last } : {}),
    refused: watched.refused(),
    ...(privacy ? { privacy } : {}),
    ...(secure ? { secure } : {}),
    ...(groups ? { groups: groups.map(({ clients }) => clients.length) } : {}),
    ...(reason === undefined ? {} : { void: reason }),
    quarantined: quarantinedOf(registry),
    clients: pageOf(registry, query),
  };
}
