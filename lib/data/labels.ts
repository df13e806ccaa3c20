/**
 * What a sample is called. Some labels are in the row itself; others are known only when later rows have come, or when
 * the group has ended: such samples wait in their group, never more than the label looks ahead.
 */
import { RefusedError } from '../refused';
import { cellOf, flagOf, isMissing, nameOf, numberOf, quoteCell, type Row } from './cell';
import { type Condition, compileCondition } from './condition';
import { nearest } from './nearest';

export type LabelSpec =
  /** The cell names a class. */
  | { kind: 'class'; column: string; classes: string[] }
  /** Each cell says whether a label of its own holds: yes or no, 1 or 0. `names`: of the labels, in the order of the columns. */
  | { kind: 'several'; columns: string[]; names: string[] }
  /** The cells are numbers to be foretold. */
  | { kind: 'number'; columns: string[] }
  /** classes[1] where the condition holds in this row, else classes[0]. */
  | { kind: 'threshold'; condition: Condition; classes: [string, string] }
  /** classes[1] when the condition holds in any of the next `rows` rows of the group. */
  | { kind: 'within'; condition: Condition; rows: number; classes: [string, string] }
  /** classes[1] when at most `rows` rows of the group come after this one. */
  | { kind: 'end'; rows: number; classes: [string, string] };

const MAX_AHEAD = 10_000;

export interface Waiting<T> {
  item: T;
  /** Number of its row in the group. */
  index: number;
  /** Some of them could not be judged. */
  doubt: boolean;
}

/** The label numbers of an item, or why it will never have one. */
export type Verdict<T> = { item: T; targets: number[] } | { item: T; problem: string };

export interface Labeller {
  classes: string[] | undefined;
  /** Numbers a sample carries. */
  width: number;
  columns: string[];
  /** Rows that a sample may have to wait for; 0: known at once. */
  ahead: number;
  /** What the row itself says (ahead = 0). */
  now(row: Row): { targets: number[] } | { problem: string };
  /** What a new row, number `index` of the group, says about those that wait; takes the decided ones out of `waiting`. */
  later<T>(row: Row, index: number, waiting: Waiting<T>[]): Verdict<T>[];
  /** What the end of the group says about those that still wait. */
  ended<T>(waiting: Waiting<T>[]): Verdict<T>[];
}

function checkClasses(classes: unknown, exactly?: number): string[] {
  const names = Array.isArray(classes) ? classes.map((name) => String(name).trim()) : [];
  if (names.some((name) => name === '') || new Set(names).size !== names.length || names.length < (exactly ?? 1)) {
    throw new RefusedError('label', `The label needs ${exactly ?? 'its'} class names, each of them different.`);
  }
  if (exactly !== undefined && names.length !== exactly) {
    throw new RefusedError('label', `The label needs ${exactly} class names: the first for no, the second for yes.`);
  }
  return names;
}

function checkAhead(rows: unknown): number {
  if (!Number.isInteger(rows) || (rows as number) < 1 || (rows as number) > MAX_AHEAD) {
    throw new RefusedError('label', `The label looks 1 to ${MAX_AHEAD} rows ahead, not ${quoteCell(rows)}.`);
  }
  return rows as number;
}

/** Finds a class by its name; 3, "3" and "3.0" are the same class when the classes are numbers. */
export function classIndex(cell: unknown, classes: readonly string[]): number {
  const name = nameOf(cell);
  if (name === undefined) return -1;
  const at = classes.indexOf(name);
  if (at >= 0) return at;
  const number = numberOf(name);
  return Number.isNaN(number) ? -1 : classes.findIndex((known) => numberOf(known) === number);
}

/** The sentence for a label that no class has. */
export function unknownClass(cell: unknown, classes: readonly string[]): string {
  const shown = classes.length > 12 ? nearest(String(cell), classes, 5) : classes;
  const list = shown.map((name) => `"${name}"`).join(', ');
  return `${quoteCell(cell)} is not a known label; the labels are ${list}${classes.length > shown.length ? ', ...' : ''}.`;
}

const nothing = { later: () => [], ended: () => [] };

function ofClass(column: string, classes: string[]): Labeller {
  const now: Labeller['now'] = (row) => {
    const cell = cellOf(row, column);
    const index = classIndex(cell, classes);
    if (index >= 0) return { targets: [index] };
    return { problem: isMissing(cell) ? `the label column "${column}" is empty` : unknownClass(cell, classes) };
  };
  return { classes, width: 1, columns: [column], ahead: 0, now, ...nothing };
}

function ofNumbers(columns: string[]): Labeller {
  if (columns.length === 0) throw new RefusedError('label', 'Choose the column that holds the number to foretell.');
  const now: Labeller['now'] = (row) => {
    const targets = columns.map((column) => numberOf(cellOf(row, column)));
    const bad = targets.findIndex(Number.isNaN);
    return bad < 0 ? { targets } : { problem: `the label column "${columns[bad]}" holds no number` };
  };
  return { classes: undefined, width: columns.length, columns, ahead: 0, now, ...nothing };
}

function ofSeveral(columns: string[], names: string[]): Labeller {
  if (columns.length === 0) throw new RefusedError('label', 'Choose the columns that say which labels hold.');
  if (checkClasses(names).length !== columns.length) {
    throw new RefusedError(
      'label',
      `There are ${columns.length} columns of labels and ${names.length} names: name each.`,
    );
  }
  const now: Labeller['now'] = (row) => {
    const flags = columns.map((column) => flagOf(cellOf(row, column)));
    const bad = flags.indexOf(undefined);
    if (bad >= 0) return { problem: `the label column "${columns[bad]}" says neither yes nor no` };
    return { targets: flags.map((flag) => flag ?? 0) };
  };
  return { classes: names, width: columns.length, columns, ahead: 0, now, ...nothing };
}

function ofThreshold(condition: Condition, classes: string[]): Labeller {
  const test = compileCondition(condition);
  const now: Labeller['now'] = (row) => {
    const holds = test(cellOf(row, condition.column));
    return holds === undefined
      ? { problem: `the label column "${condition.column}" is empty` }
      : { targets: [holds ? 1 : 0] };
  };
  return { classes, width: 1, columns: [condition.column], ahead: 0, now, ...nothing };
}

const noLabel = (): { problem: string } => ({ problem: 'its label is not known yet' });

function ofWithin(condition: Condition, rows: number, classes: string[]): Labeller {
  const test = compileCondition(condition);
  const later = <T>(row: Row, index: number, waiting: Waiting<T>[]): Verdict<T>[] => {
    const holds = test(cellOf(row, condition.column));
    if (holds) return waiting.splice(0).map(({ item }) => ({ item, targets: [1] }));
    const verdicts: Verdict<T>[] = [];
    if (holds === undefined) for (const entry of waiting) entry.doubt = true;
    while (waiting.length > 0 && index - waiting[0].index >= rows) {
      const { item, doubt } = waiting.shift() as Waiting<T>;
      verdicts.push(
        doubt ? { item, problem: `"${condition.column}" is empty in the rows after it` } : { item, targets: [0] },
      );
    }
    return verdicts;
  };
  const ended = <T>(waiting: Waiting<T>[]): Verdict<T>[] =>
    waiting.splice(0).map(({ item }) => ({ item, problem: `fewer than ${rows} rows follow it` }));
  return { classes, width: 1, columns: [condition.column], ahead: rows, now: noLabel, later, ended };
}

function ofEnd(rows: number, classes: string[]): Labeller {
  const later = <T>(_row: Row, index: number, waiting: Waiting<T>[]): Verdict<T>[] => {
    const verdicts: Verdict<T>[] = [];
    while (waiting.length > 0 && index - waiting[0].index > rows) {
      verdicts.push({ item: (waiting.shift() as Waiting<T>).item, targets: [0] });
    }
    return verdicts;
  };
  const ended = <T>(waiting: Waiting<T>[]): Verdict<T>[] =>
    waiting.splice(0).map(({ item }) => ({ item, targets: [1] }));
  return { classes, width: 1, columns: [], ahead: rows, now: noLabel, later, ended };
}

/** Checks the specification. Throws RefusedError with what to change. */
export function compileLabel(spec: LabelSpec): Labeller {
  switch (spec.kind) {
    case 'class':
      if (typeof spec.column !== 'string' || spec.column === '') {
        throw new RefusedError('label', 'Choose the column that holds the label.');
      }
      return ofClass(spec.column, checkClasses(spec.classes));
    case 'number':
      return ofNumbers(spec.columns);
    case 'several':
      return ofSeveral(spec.columns, spec.names);
    case 'threshold':
      return ofThreshold(spec.condition, checkClasses(spec.classes, 2));
    case 'within':
      return ofWithin(spec.condition, checkAhead(spec.rows), checkClasses(spec.classes, 2));
    case 'end':
      return ofEnd(checkAhead(spec.rows), checkClasses(spec.classes, 2));
    default:
      throw new RefusedError('label', 'The label must be of kind class, several, number, threshold, within or end.');
  }
}
