/**
 * Samples out of rows that come one by one, from a file or from the flow. Each group (an engine, a station) has its own
 * history, no longer than the longest window, and its own samples that wait for their label, no more than the label
 * looks ahead: memory does not grow with the number of rows.
 */
import { RefusedError } from '../refused';
import { cellOf, isMissing, nameOf, numberOf, quoteCell, type Row } from './cell';
import { type Condition, compileCondition } from './condition';
import { type FeaturePlan, type FeatureSpec, planFeatures } from './features';
import { createHistory, type History } from './history';
import { compileLabel, type Labeller, type LabelSpec, type Verdict, type Waiting } from './labels';
import { isTimeColumn, timePartsOf } from './time-columns';

/**
 * drop: a row with an empty cell is as if it had never come; previous: the group's last value stands in (and the row is
 * dropped when there is none yet); fill: a given number per column stands in.
 */
export type MissingPolicy =
  | { policy: 'drop' }
  | { policy: 'previous' }
  | { policy: 'fill'; values: Record<string, number> };

export interface WindowSpec {
  features: FeatureSpec[];
  /** Absent: the samples have no label (live rows, autoencoders). */
  label?: LabelSpec;
  /** Rows with the same cell here belong together, in the order they come; absent: all rows are one group. */
  groupColumn?: string;
  /** A group ends when a row of another group comes. False (default): all end at flush(), rows may be interleaved. */
  contiguousGroups?: boolean;
  /** A time stamp: adds the columns minute, hour, day, weekday and month. */
  timeColumn?: string;
  /** Rows at which a sample is made, all conditions together. The others still enter the windows. */
  where?: Condition[];
  /** A sample at every hop-th row of a group; default 1. */
  hop?: number;
  /** While a group has fewer rows than the longest window: wait (default), or make do with the rows there are. */
  incomplete?: 'wait' | 'shorten';
  missing?: MissingPolicy;
  /**
   * Groups remembered at a time; the one silent longest is forgotten first. Default: 10,000, or fewer when their windows
   * are so long that they would take more than 256 MB.
   */
  maxGroups?: number;
}

export interface Sample {
  features: Float32Array;
  /** Class index or values; empty while unknown. */
  targets: number[];
  group: string;
  /** Number of the row within its group, from 0. */
  index: number;
  /** The row at which the sample was made. */
  row: Row;
}

export interface WindowCounts {
  rows: number;
  samples: number;
  /** Rows left out since a cell is missing or is not a number. */
  dropped: number;
  /** Samples left out since their label cannot be known. */
  unlabelled: number;
  /** Sentences on the first few of both. */
  problems: string[];
}

export interface SampleMaker {
  readonly width: number;
  /** [steps, channels] or [width]. */
  readonly shape: number[];
  readonly names: string[];
  readonly targetWidth: number;
  readonly classes: string[] | undefined;
  /** Columns that rows must have. */
  readonly columns: string[];
  readonly counts: Readonly<WindowCounts>;
  /** `now`: the sample at this row, without label, if one is made here. `ready`: the samples that this row completed. */
  push(row: Row): { now?: Sample; ready: Sample[] };
  /** Ends a group (a machine was replaced). */
  endGroup(group: string): Sample[];
  /** Ends all groups: the data are over. */
  flush(): Sample[];
}

interface Group {
  name: string;
  histories: Map<string, History>;
  rows: number;
  /** The last number of the label's column, for the policy "previous". */
  labelValue?: number;
  /** Rows since the windows were first whole. */
  whole: number;
  waiting: Waiting<Sample>[];
}

const MAX_PROBLEMS = 5;

function checkCount(value: number | undefined, fallback: number, what: string): number {
  const count = value ?? fallback;
  if (!Number.isInteger(count) || count < 1)
    throw new RefusedError('window', `${what} must be a whole number from 1 up.`);
  return count;
}

const affordableGroups = ({ columns, depth }: FeaturePlan): number =>
  Math.max(1, Math.min(10_000, Math.floor(2 ** 28 / (8 * depth * columns.length))));

function numericLabelColumn(label: LabelSpec | undefined, derived: (column: string) => boolean): string | undefined {
  if (label?.kind !== 'within' && label?.kind !== 'threshold') return undefined;
  const { column, value } = label.condition;
  return typeof value === 'number' && !derived(column) ? column : undefined;
}

export function sampleMaker(spec: WindowSpec): SampleMaker {
  const plan = planFeatures(spec.features);
  const labeller: Labeller | undefined = spec.label && compileLabel(spec.label);
  const filters = (spec.where ?? []).map((condition) => ({
    column: condition.column,
    test: compileCondition(condition),
  }));
  const hop = checkCount(spec.hop, 1, 'The hop');
  const maxGroups = checkCount(spec.maxGroups, affordableGroups(plan), 'The number of groups');
  const missing = spec.missing ?? { policy: 'drop' };
  const derived = (column: string): boolean => spec.timeColumn !== undefined && isTimeColumn(column);
  const asked = [...plan.columns, ...filters.map(({ column }) => column), ...(labeller?.columns ?? [])];
  const columns = [
    ...new Set([...asked.filter((column) => !derived(column)), spec.timeColumn, spec.groupColumn]),
  ].filter((column): column is string => column !== undefined);
  // The missing policy also serves a label that looks at a number (the temperature of a missed hour).
  const labelColumn = missing.policy === 'drop' ? undefined : numericLabelColumn(spec.label, derived);

  const counts: WindowCounts = { rows: 0, samples: 0, dropped: 0, unlabelled: 0, problems: [] };
  /** In the order of their last row: the first one has been silent longest. */
  const groups = new Map<string, Group>();
  let current: string | undefined;

  const note = (sentence: string): void => {
    if (counts.problems.length < MAX_PROBLEMS) counts.problems.push(`Row ${counts.rows}: ${sentence}`);
  };
  const drop = (sentence: string): undefined => {
    counts.dropped += 1;
    note(sentence);
    return undefined;
  };
  const settle = (verdicts: Verdict<Sample>[]): Sample[] => {
    const ready: Sample[] = [];
    for (const verdict of verdicts) {
      if ('targets' in verdict) {
        ready.push({ ...verdict.item, targets: verdict.targets });
      } else {
        counts.unlabelled += 1;
        note(`no label for it, ${verdict.problem.replace(/\.$/, '')}.`);
      }
    }
    counts.samples += ready.length;
    return ready;
  };
  const close = (group: Group): Sample[] => {
    groups.delete(group.name);
    return labeller ? settle(labeller.ended(group.waiting)) : [];
  };
  const groupOf = (name: string): Group => {
    let group = groups.get(name);
    if (group) groups.delete(name);
    else
      group = {
        name,
        histories: new Map(plan.columns.map((c) => [c, createHistory(plan.depth)])),
        rows: 0,
        whole: 0,
        waiting: [],
      };
    groups.set(name, group);
    if (groups.size > maxGroups) {
      // Forgotten, not ended: what its waiting samples would have been called stays unknown.
      const [oldest] = groups.values();
      groups.delete(oldest.name);
      counts.unlabelled += oldest.waiting.length;
      note(`group "${oldest.name}" is forgotten, more than ${maxGroups} groups are open.`);
    }
    return group;
  };

  /** The row with its time columns, or undefined when its time stamp is unreadable. */
  const withTime = (row: Row): Row | undefined => {
    if (spec.timeColumn === undefined) return row;
    const cell = cellOf(row, spec.timeColumn);
    const parts = timePartsOf(cell);
    return parts ? { ...row, ...parts } : drop(`${quoteCell(cell)} in "${spec.timeColumn}" is not a time.`);
  };
  /** The number of a cell by the missing policy; undefined when the row must be dropped. */
  const fillIn = (row: Row, column: string, last: number | undefined): number | undefined => {
    const cell = cellOf(row, column);
    const value = numberOf(cell);
    if (!Number.isNaN(value)) return value;
    if (!isMissing(cell)) {
      const comma =
        typeof cell === 'string' && /^\s*[+-]?\d*,\d+\s*$/.test(cell) ? ': is its decimal sign a comma?' : '.';
      return drop(`${quoteCell(cell)} in "${column}" is not a number${comma}`);
    }
    if (missing.policy === 'fill' && Number.isFinite(missing.values[column])) return missing.values[column];
    if (missing.policy === 'previous' && last !== undefined) return last;
    return drop(`"${column}" is empty.`);
  };

  const withLabelFilled = (row: Row, group: Group): Row => {
    if (labelColumn === undefined) return row;
    const cell = cellOf(row, labelColumn);
    if (!isMissing(cell)) {
      const value = numberOf(cell);
      group.labelValue = Number.isNaN(value) ? group.labelValue : value;
      return row;
    }
    const value = missing.policy === 'fill' ? missing.values[labelColumn] : group.labelValue;
    return value === undefined ? row : { ...row, [labelColumn]: value };
  };

  const push: SampleMaker['push'] = (given) => {
    counts.rows += 1;
    const timed = withTime(given);
    if (!timed) return { ready: [] };
    const name = spec.groupColumn === undefined ? '' : nameOf(cellOf(timed, spec.groupColumn));
    if (name === undefined) {
      drop(`"${spec.groupColumn}", which names its group, is empty.`);
      return { ready: [] };
    }
    const before = spec.contiguousGroups && current !== undefined && current !== name ? groups.get(current) : undefined;
    const ready = before ? close(before) : [];
    current = name;
    const known = groups.get(name);
    const values: number[] = [];
    for (const column of plan.columns) {
      const history = known?.histories.get(column);
      const value = fillIn(timed, column, history?.length() ? history.ago(0) : undefined);
      if (value === undefined) return { ready };
      values.push(value);
    }
    const group = groupOf(name);
    plan.columns.forEach((column, i) => {
      group.histories.get(column)?.push(values[i]);
    });
    const row = withLabelFilled(timed, group);
    const index = group.rows++;
    if (labeller && group.waiting.length > 0) ready.push(...settle(labeller.later(row, index, group.waiting)));
    if (group.rows < plan.depth && spec.incomplete !== 'shorten') return { ready };
    if (group.whole++ % hop !== 0) return { ready };
    if (!filters.every(({ column, test }) => test(cellOf(row, column)))) return { ready };
    const now: Sample = { features: plan.read(group.histories), targets: [], group: name, index, row };
    if (!now.features.every(Number.isFinite)) {
      drop('a number is too large for float32.');
      return { ready };
    }
    if (!labeller) {
      counts.samples += 1;
      ready.push(now);
    } else if (labeller.ahead > 0) {
      group.waiting.push({ item: now, index, doubt: false });
    } else {
      ready.push(...settle([{ item: now, ...labeller.now(row) }]));
    }
    return { now, ready };
  };

  return {
    width: plan.width,
    shape: plan.shape,
    names: plan.names,
    targetWidth: labeller?.width ?? 0,
    classes: labeller?.classes,
    columns,
    counts,
    push,
    endGroup(name) {
      const group = groups.get(name);
      return group ? close(group) : [];
    },
    flush() {
      current = undefined;
      return [...groups.values()].flatMap(close);
    },
  };
}
