/** Makes a clean header of anything, or refuses it with one sentence. What is not known is left out. */
import { limits } from './limits';
import type { Header, Kind } from './message';
import {
  parseCodecs,
  parseFacts,
  parseLocal,
  parseMetrics,
  parseNormalisation,
  parseNotes,
  parseScore,
  parseSecure,
  parseSending,
  parseSettled,
  parseTensors,
  parseThreshold,
  parseTraining,
  secureSteps,
} from './parse-parts';
import { parseCentral, parsePrivacy } from './parse-privacy';
import {
  choice,
  compact,
  type Fields,
  fields,
  flag,
  integer,
  isPrintable,
  list,
  optional,
  prose,
  refuse,
  show,
  text,
  unread,
} from './reader';

const base = (read: Fields) => {
  const model = text(read.get('model'), 'msg.fl.model', 64);
  if (!/^[0-9a-f]{64}$/.test(model)) refuse('msg.fl.model must be a fingerprint: 64 digits of lower-case hexadecimal.');
  return {
    federation: text(read.get('federation'), 'msg.fl.federation', limits.name),
    model,
    round: integer(read.get('round'), 'msg.fl.round', 0, limits.round),
    ...compact({ notes: optional(read.get('notes'), parseNotes) }),
  };
};

const client = (read: Fields): string => text(read.get('client'), 'msg.fl.client', limits.name);

const deadline = (read: Fields): number => integer(read.get('deadlineMs'), 'msg.fl.deadlineMs', 0, limits.deadlineMs);

/** The names that were found sound last. */
let sound: readonly string[] = [];

/**
 * Every client reads the whole list, so thousands in one process read thousands of lists, of the same names mostly: those need
 * no second look. Else one look at all names together, one by one only when something is wrong with them; and names in
 * ascending order cannot repeat.
 */
const names = (value: unknown, where: string, least: number, most: number): string[] => {
  const isKnown =
    Array.isArray(value) && value.length === sound.length && sound.length >= least && sound.length <= most;
  if (isKnown && sound.every((name, i) => value[i] === name)) return sound.slice();
  const ids = unread(value, where, least, most);
  const isShort = ids.every((id) => typeof id === 'string' && id.length > 0 && id.length <= limits.name);
  const read =
    isShort && isPrintable(ids.join(' '))
      ? (ids as string[])
      : ids.map((id, i) => text(id, `${where}[${i}]`, limits.name));
  let ascending = true;
  for (let i = 1; i < read.length && ascending; i++) ascending = read[i - 1] < read[i];
  if (!ascending && new Set(read).size !== read.length) refuse(`${where} must not name a participant twice.`);
  sound = read.slice();
  return read;
};

const cohort = (read: Fields): string[] | 'all' => {
  const value = read.get('cohort');
  return value === 'all' ? 'all' : names(value, 'msg.fl.cohort', 0, limits.cohort);
};

const attempt = (read: Fields): string => text(read.get('attempt'), 'msg.fl.attempt', limits.name);

const samples = (read: Fields, least: number): number =>
  integer(read.get('samples'), 'msg.fl.samples', least, limits.samples);

const labels = (read: Fields): number | undefined =>
  optional(read.get('labels'), (v) => integer(v, 'msg.fl.labels', 1, limits.classes));

const group =
  (least: number) =>
  (value: unknown): number =>
    integer(value, 'msg.fl.group', least, limits.groups - 1);

type Parsers = { [K in Kind]: (read: Fields) => Extract<Header, { kind: K }> };

const parsers: Parsers = {
  invite: (read) => ({ kind: 'invite', ...base(read), cohort: cohort(read) }),
  join: (read) =>
    compact({
      kind: 'join' as const,
      ...base(read),
      client: client(read),
      samples: samples(read, 0),
      facts: optional(read.get('facts'), parseFacts),
    }),
  'statistics-request': (read) =>
    compact({
      kind: 'statistics-request' as const,
      ...base(read),
      attempt: attempt(read),
      cohort: cohort(read),
      deadlineMs: deadline(read),
      sums: optional(read.get('sums'), (v) => flag(v, 'msg.fl.sums')),
      labels: labels(read),
    }),
  statistics: (read) =>
    compact({
      kind: 'statistics' as const,
      ...base(read),
      attempt: attempt(read),
      client: client(read),
      labels: labels(read),
    }),
  model: (read) => {
    const asked = cohort(read);
    return compact({
      kind: 'model' as const,
      ...base(read),
      attempt: attempt(read),
      cohort: asked,
      deadlineMs: deadline(read),
      quorum: integer(read.get('quorum'), 'msg.fl.quorum', 0, limits.cohort),
      maxStaleness: optional(read.get('maxStaleness'), (v) => integer(v, 'msg.fl.maxStaleness', 0, limits.staleness)),
      sending: optional(read.get('sending'), parseSending),
      turn: optional(read.get('turn'), (v) => integer(v, 'msg.fl.turn', 0, limits.round)),
      training: parseTraining(read.get('training')),
      personal: optional(read.get('personal'), (v) => text(v, 'msg.fl.personal', limits.name)),
      group: optional(read.get('group'), group(-1)),
      local: optional(read.get('local'), parseLocal),
      secure: optional(read.get('secure'), parseSecure),
      settled: optional(read.get('settled'), (v) => parseSettled(v, asked)),
      startLoss: optional(read.get('startLoss'), (v) => flag(v, 'msg.fl.startLoss')),
      normalisation: optional(read.get('normalisation'), parseNormalisation),
      threshold: optional(read.get('threshold'), parseThreshold),
      central: optional(read.get('central'), parseCentral),
      tensors: parseTensors(read.get('tensors')),
      codecs: parseCodecs(read.get('codecs')),
    });
  },
  update: (read) =>
    compact({
      kind: 'update' as const,
      ...base(read),
      attempt: attempt(read),
      client: client(read),
      samples: samples(read, 1),
      codecs: parseCodecs(read.get('codecs')),
      tensors: parseTensors(read.get('tensors')),
      group: optional(read.get('group'), group(0)),
      expected: integer(read.get('expected'), 'msg.fl.expected', 1, limits.cohort),
      deadlineMs: deadline(read),
      central: optional(read.get('central'), parseCentral),
      settled: optional(read.get('settled'), (v) => integer(v, 'msg.fl.settled', 0, limits.round)),
      anew: optional(read.get('anew'), (v) => flag(v, 'msg.fl.anew')),
      remembers: optional(read.get('remembers'), (v) => flag(v, 'msg.fl.remembers')),
      metrics: optional(read.get('metrics'), parseMetrics),
      errors: optional(read.get('errors'), (v) =>
        list(v, 'msg.fl.errors', 1, limits.sketch, (n, at) => integer(n, at, 0, limits.samples)),
      ),
      privacy: optional(read.get('privacy'), parsePrivacy),
      score: optional(read.get('score'), parseScore),
    }),
  decline: (read) =>
    compact({
      kind: 'decline' as const,
      ...base(read),
      attempt: attempt(read),
      client: client(read),
      reason: prose(read.get('reason'), 'msg.fl.reason', limits.reason),
      withheld: optional(read.get('withheld'), (v) => integer(v, 'msg.fl.withheld', 1, limits.samples)),
    }),
  secure: (read) => {
    const step = choice(read.get('step'), 'msg.fl.step', secureSteps);
    const common = { kind: 'secure' as const, ...base(read), attempt: attempt(read), step };
    if (read.get('cohort') === undefined) return { ...common, client: client(read) };
    if (read.get('client') !== undefined) refuse('msg.fl must have a client or a cohort, not both.');
    const members = read.get('members');
    return {
      ...common,
      cohort: names(read.get('cohort'), 'msg.fl.cohort', 1, limits.secureCohort),
      ...(step === 'shares' || members !== undefined
        ? { members: names(members, 'msg.fl.members', 1, limits.secureCohort) }
        : {}),
    };
  },
  samples: (read) => {
    const count = integer(read.get('count'), 'msg.fl.count', 0, limits.samples);
    const width = integer(read.get('width'), 'msg.fl.width', 1, limits.features);
    return compact({
      kind: 'samples' as const,
      client: optional(read.get('client'), (v) => text(v, 'msg.fl.client', limits.name)),
      count,
      width,
      targets: integer(read.get('targets'), 'msg.fl.targets', 0, limits.features),
      classes: optional(read.get('classes'), (v) =>
        list(v, 'msg.fl.classes', 1, limits.classes, (name, where) => text(name, where, 200)),
      ),
      split: choice(read.get('split'), 'msg.fl.split', ['train', 'test'] as const),
      source: optional(read.get('source'), (v) => text(v, 'msg.fl.source', limits.name)),
      first: optional(read.get('first'), (v) => flag(v, 'msg.fl.first')),
      last: optional(read.get('last'), (v) => flag(v, 'msg.fl.last')),
      notes: optional(read.get('notes'), parseNotes),
    });
  },
};

const isKind = (value: unknown): value is Kind => typeof value === 'string' && Object.hasOwn(parsers, value);

/** A fresh object that holds the known fields only. Throws RefusedError 'header' or 'unknown-kind'. */
export function parseHeader(value: unknown): Header {
  const read = fields(value, 'msg.fl');
  const kind = read.get('kind');
  if (!isKind(kind)) {
    return refuse(
      `A message of kind ${show(kind)} is not known here; it may come from a newer version of the palette.`,
      'unknown-kind',
    );
  }
  return parsers[kind](read);
}
