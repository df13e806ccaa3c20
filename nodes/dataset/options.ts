/** The settings of an fl-dataset, as the library wants them. */
import { surveyNeed } from '../../lib/data/clients/division';
import { type ClientSpec, clientName } from '../../lib/data/clients/spec';
import { type Condition, OPERATORS, type Operator } from '../../lib/data/condition';
import type { DatasetSpec } from '../../lib/data/dataset';
import { FEATURE_KINDS, type FeatureKind, type FeatureSpec } from '../../lib/data/features';
import type { LabelSpec } from '../../lib/data/labels';
import type { HoldOutSpec } from '../../lib/data/split';
import type { MissingPolicy } from '../../lib/data/windows';
import { RefusedError } from '../../lib/update/message';
import type { Settings } from '../shared/red';
import { choice, flag, list, number, plain, text } from '../shared/settings';

const SEED = { min: 0, max: 0xffffffff, integer: true } as const;
const ROWS = { min: 1, max: 10_000, integer: true } as const;

export type Source = 'shipped' | 'file' | 'flow';

export interface DatasetOptions {
  source: Source;
  file: string;
  decimal: '.' | ',';
  spec: DatasetSpec;
  /** One output for each of these; undefined: one output for all, addressed. */
  outputs: string[] | undefined;
  /** Rows a second; undefined: as fast as the flow takes them. */
  rowsPerSecond: number | undefined;
  /** Starts again at the end. */
  repeat: boolean;
  start: 'deploy' | 'message';
  /** Of all its messages of samples; undefined: the client of the samples. */
  topic: string | undefined;
  /** An output more, that tells how unlike the clients are. */
  report: boolean;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const rowsOf = (settings: Settings, field: string): Record<string, unknown>[] => {
  const rows = settings[field];
  return Array.isArray(rows) ? rows.filter(isRecord) : [];
};

const split = (value: unknown): string[] =>
  plain(value)
    .split(/[,;\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** One row of the table may name several columns. */
function features(settings: Settings): FeatureSpec[] {
  return rowsOf(settings, 'features').flatMap((row) => {
    const kind = FEATURE_KINDS.find((known) => known === row.kind) ?? ('value' satisfies FeatureKind);
    const window = kind === 'value' ? undefined : Number(plain(row.window) || 1);
    const smooth =
      kind === 'change' && row.smooth !== undefined && row.smooth !== '' ? { smooth: Number(plain(row.smooth)) } : {};
    return split(row.columns).map((column) => ({
      column,
      kind,
      ...(window === undefined ? {} : { window }),
      ...smooth,
    }));
  });
}

function condition(column: unknown, operator: unknown, value: unknown): Condition {
  const found: Operator = OPERATORS.find((known) => known === operator) ?? '=';
  const several = found === 'in' || found === 'not in';
  const typed = (item: string): number | string => (item !== '' && Number.isFinite(Number(item)) ? Number(item) : item);
  const values = split(value).map(typed);
  return {
    column: plain(column).trim(),
    operator: found,
    value: several ? values : typed(plain(value).trim()),
  };
}

function label(settings: Settings): LabelSpec | undefined {
  const kind = choice(
    settings,
    'labelKind',
    ['none', 'class', 'several', 'number', 'threshold', 'within', 'end'] as const,
    'none',
  );
  const column = text(settings, 'labelColumn');
  const classes = list(settings, 'classes');
  const two = classes as [string, string];
  const test = (): Condition => condition(column, settings.labelOperator, settings.labelValue);
  switch (kind) {
    case 'none':
      return undefined;
    case 'class':
      return { kind, column, classes };
    case 'several': {
      const columns = split(column);
      // The model's labels, where its names are not those of the columns.
      const named = columns.every((one) => classes.includes(one)) || classes.length !== columns.length;
      return { kind, columns, names: named ? columns : classes };
    }
    case 'number':
      return { kind, columns: split(column) };
    case 'threshold':
      return { kind, condition: test(), classes: two };
    case 'within':
      return { kind, condition: test(), rows: number(settings, 'labelRows', 1, ROWS), classes: two };
    case 'end':
      return { kind, rows: number(settings, 'labelRows', 1, ROWS), classes: two };
  }
}

function missing(settings: Settings, columns: string[]): MissingPolicy {
  const policy = choice(settings, 'missing', ['drop', 'previous', 'fill'] as const, 'drop');
  if (policy !== 'fill') return { policy };
  const value = number(settings, 'fill', 0);
  return { policy, values: Object.fromEntries(columns.map((column) => [column, value])) };
}

function holdOut(settings: Settings): HoldOutSpec {
  const kind = choice(settings, 'holdOut', ['none', 'fraction', 'condition', 'all'] as const, 'none');
  if (kind === 'fraction') {
    return {
      kind,
      fraction: number(settings, 'holdOutPercent', 20, { min: 0, max: 100 }) / 100,
      by: choice(settings, 'holdOutBy', ['sample', 'group'] as const, 'group'),
      seed: number(settings, 'seed', 1, SEED),
    };
  }
  if (kind === 'condition') {
    return { kind, condition: condition(settings.holdOutColumn, settings.holdOutOperator, settings.holdOutValue) };
  }
  return { kind };
}

const SPLITS = ['single', 'column', 'iid', 'dirichlet', 'shards', 'quantity', 'feature-shift'] as const;
const COUNT = { min: 1, max: 1000, integer: true } as const;

function clients(settings: Settings): ClientSpec {
  const kind = choice(settings, 'split', SPLITS, 'single');
  const simulated = () => ({ clients: number(settings, 'clients', 3, COUNT), seed: number(settings, 'seed', 1, SEED) });
  const alpha = (): number => number(settings, 'alpha', 0.5, { min: 0.001, max: 1e6 });
  const least = (): number => number(settings, 'least', 1, { min: 0, max: 1e6, integer: true });
  switch (kind) {
    case 'single':
      return { kind };
    case 'column':
      return { kind, column: text(settings, 'clientColumn') };
    case 'iid':
      return { kind, ...simulated() };
    case 'dirichlet':
      return { kind, ...simulated(), alpha: alpha(), least: least() };
    case 'shards':
      return { kind, ...simulated(), shards: number(settings, 'shards', 2, COUNT) };
    case 'quantity': {
      const sizes = choice(settings, 'sizes', ['power-law', 'dirichlet'] as const, 'power-law');
      const common = { kind, ...simulated(), least: least() };
      return sizes === 'dirichlet'
        ? { ...common, sizes, alpha: alpha() }
        : { ...common, sizes, exponent: number(settings, 'exponent', 1, { min: 0, max: 10 }) };
    }
    case 'feature-shift':
      return {
        kind,
        ...simulated(),
        shift: choice(settings, 'shift', ['affine', 'noise'] as const, 'affine'),
        strength: number(settings, 'strength', 0.5, { min: 0, max: 10 }),
      };
  }
}

/** The clients that have an output of their own, in order; undefined: one output for all. */
export function outputNames(settings: Settings): string[] | undefined {
  const spec = clients(settings);
  if (spec.kind === 'single' || choice(settings, 'outputMode', ['each', 'one'] as const, 'each') === 'one') {
    return undefined;
  }
  if (spec.kind === 'column') return list(settings, 'clientNames');
  return Array.from({ length: spec.clients }, (_, index) => clientName(index));
}

/** Throws RefusedError with one sentence that says what to mend. */
export function datasetOptions(settings: Settings): DatasetOptions {
  const given = features(settings);
  if (given.length === 0) {
    throw new RefusedError('no-features', 'Add at least one feature: the columns of the data that the model looks at.');
  }
  const source = choice(settings, 'source', ['shipped', 'file', 'flow'] as const, 'shipped');
  const outputs = outputNames(settings);
  if (outputs?.length === 0) {
    throw new RefusedError('no-clients', 'List the clients that get an output, or send all by one output.');
  }
  const split = clients(settings);
  if (source === 'flow' && surveyNeed(split) === 'must') {
    throw new RefusedError(
      'no-survey',
      'To split by shards or by feature shift all rows must be counted first: read them from a file, or split by Dirichlet.',
    );
  }
  const pace = choice(settings, 'pace', ['all', 'rate'] as const, 'all');
  return {
    source,
    file: text(settings, source === 'shipped' ? 'shipped' : 'file'),
    decimal: choice(settings, 'decimal', ['.', ','] as const, '.'),
    spec: {
      window: {
        features: given,
        label: label(settings),
        groupColumn: text(settings, 'groupColumn') || undefined,
        contiguousGroups: flag(settings, 'contiguousGroups', false),
        timeColumn: text(settings, 'timeColumn') || undefined,
        where: rowsOf(settings, 'where').map((row) => condition(row.column, row.operator, row.value)),
        hop: number(settings, 'hop', 1, ROWS),
        incomplete: choice(settings, 'incomplete', ['wait', 'shorten'] as const, 'wait'),
        missing: missing(settings, [...new Set(given.map(({ column }) => column))]),
      },
      holdOut: holdOut(settings),
      clients: split,
      batchSize:
        pace === 'rate' || source === 'flow'
          ? 1
          : number(settings, 'blockSize', 256, { min: 1, max: 65536, integer: true }),
    },
    outputs,
    rowsPerSecond: pace === 'rate' ? number(settings, 'rate', 10, { min: 0.001, max: 1000 }) : undefined,
    // At full speed without an end would only keep the machine busy.
    repeat: pace === 'rate' && flag(settings, 'repeat', false),
    topic: text(settings, 'topic') || undefined,
    start: choice(settings, 'start', ['deploy', 'message'] as const, 'deploy'),
    report: split.kind !== 'single' && flag(settings, 'report', false),
  };
}
