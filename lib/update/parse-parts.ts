/** The parts that headers share: training options, normalisation, tensors, codec steps, privacy claims. */
import type { AdversarialOptions, Normalisation, TrainingOptions } from '../training/engine';
import { limits } from './limits';
import type {
  ClientFacts,
  CodecStep,
  LocalRule,
  Notes,
  SecureSettings,
  SecureStep,
  SendingOptions,
  TensorSizes,
  Threshold,
  UpdateHeader,
} from './message';
import {
  choice,
  compact,
  type Fields,
  fields,
  finite,
  flag,
  integer,
  list,
  optional,
  positive,
  refuse,
  text,
  unread,
} from './reader';

/** Names and plain values, so that nothing needs to be known of them. */
function scalars(read: Fields, where: string, most: number): Notes {
  if (read.size > most) refuse(`${where} has more than ${most} entries.`);
  const clean: Notes = {};
  for (const [name, value] of read) {
    if (!/^[a-z][A-Za-z0-9]{0,31}$/.test(name) || name === 'constructor') refuse(`${where} has a strange name in it.`);
    if (typeof value === 'number') clean[name] = finite(value, `${where}.${name}`);
    else clean[name] = typeof value === 'boolean' ? value : text(value, `${where}.${name}`, 64);
  }
  return clean;
}

const step = (value: unknown, where: string): CodecStep => {
  const read = scalars(fields(value, where), where, limits.parametersOfStep);
  return { ...read, name: text(read.name, `${where}.name`, 32) };
};

export const parseNotes = (value: unknown): Notes =>
  scalars(fields(value, 'msg.fl.notes'), 'msg.fl.notes', limits.notes);

/** Codec steps; what their parameters mean is the codec's own business (codecs/). */
export const parseCodecs = (value: unknown): CodecStep[] => list(value, 'msg.fl.codecs', 0, limits.codecs, step);

export function parseTensors(value: unknown): TensorSizes {
  let total = 0;
  return list(value, 'msg.fl.tensors', 1, limits.tensors, (entry, where): [number, number] => {
    const pair = list(entry, where, 2, 2, (n, at) => integer(n, at, 1, limits.parameters));
    const [size, channels] = pair as [number, number];
    total += size;
    if (total > limits.parameters) refuse(`msg.fl.tensors hold more than ${limits.parameters} numbers.`);
    if (size % channels !== 0) refuse(`${where}: ${size} numbers cannot be shared by ${channels} channels.`);
    return [size, channels];
  });
}

function parseAdversarial(value: unknown): AdversarialOptions {
  const where = 'msg.fl.training.adversarial';
  const read = fields(value, where);
  return compact({
    method: choice(read.get('method'), `${where}.method`, ['fgsm', 'pgd'] as const),
    epsilon: positive(read.get('epsilon'), `${where}.epsilon`, 1000),
    steps: optional(read.get('steps'), (v) => integer(v, `${where}.steps`, 1, 1000)),
    stepSize: optional(read.get('stepSize'), (v) => positive(v, `${where}.stepSize`, 1000)),
    share: optional(read.get('share'), (v) => finite(v, `${where}.share`, 0, 1)),
  });
}

export function parseTraining(value: unknown): TrainingOptions {
  const read = fields(value, 'msg.fl.training');
  return compact({
    epochs: integer(read.get('epochs'), 'msg.fl.training.epochs', 1, 10_000),
    batchSize: integer(read.get('batchSize'), 'msg.fl.training.batchSize', 1, 65_536),
    optimizer: choice(read.get('optimizer'), 'msg.fl.training.optimizer', ['sgd', 'momentum', 'adam'] as const),
    learningRate: positive(read.get('learningRate'), 'msg.fl.training.learningRate', 1000),
    momentum: optional(read.get('momentum'), (v) => finite(v, 'msg.fl.training.momentum', 0, 0.999999)),
    l2: optional(read.get('l2'), (v) => finite(v, 'msg.fl.training.l2', 0, 1000)),
    clipNorm: optional(read.get('clipNorm'), (v) => finite(v, 'msg.fl.training.clipNorm', 0, 1e9)),
    classWeights: optional(read.get('classWeights'), (v) =>
      list(v, 'msg.fl.training.classWeights', 1, limits.classes, (w, at) => finite(w, at, 0, 1e9)),
    ),
    seed: integer(read.get('seed'), 'msg.fl.training.seed', 0, 0xffffffff),
    maxSteps: optional(read.get('maxSteps'), (v) => integer(v, 'msg.fl.training.maxSteps', 1, 1_000_000_000)),
    proximal: optional(read.get('proximal'), (v) => finite(v, 'msg.fl.training.proximal', 0, 1e6)),
    fullBatch: optional(read.get('fullBatch'), (v) => flag(v, 'msg.fl.training.fullBatch')),
    focalGamma: optional(read.get('focalGamma'), (v) => finite(v, 'msg.fl.training.focalGamma', 0, 100)),
    adversarial: optional(read.get('adversarial'), parseAdversarial),
    lipschitz: optional(read.get('lipschitz'), (v) => finite(v, 'msg.fl.training.lipschitz', 0, 1e6)),
  });
}

export function parseLocal(value: unknown): LocalRule {
  const where = 'msg.fl.local';
  const read = fields(value, where);
  const name = choice(read.get('name'), `${where}.name`, ['scaffold', 'feddyn', 'ifca'] as const);
  if (name === 'feddyn') return { name, alpha: positive(read.get('alpha'), `${where}.alpha`, 1e6) };
  if (name === 'ifca') return { name, groups: integer(read.get('groups'), `${where}.groups`, 2, limits.groups) };
  return { name, option: integer(read.get('option'), `${where}.option`, 1, 2) === 1 ? 1 : 2 };
}

/** One round for each of the cohort, which must be named then. */
export function parseSettled(value: unknown, cohort: readonly string[] | 'all'): number[] {
  const where = 'msg.fl.settled';
  if (cohort === 'all') return refuse(`${where} belongs to a cohort of named participants.`);
  const rounds = unread(value, where, cohort.length, cohort.length);
  // As with the names: a look at all, one by one only when something is wrong.
  const isSound = (round: unknown): boolean =>
    Number.isInteger(round) && Number(round) >= 0 && Number(round) <= limits.round;
  return rounds.every(isSound)
    ? rounds.map((round) => Number(round) + 0)
    : rounds.map((round, i) => integer(round, `${where}[${i}]`, 0, limits.round));
}

export const secureSteps = ['keys', 'shares', 'survivors', 'unmask'] as const satisfies readonly SecureStep[];

export function parseSecure(value: unknown): SecureSettings {
  const where = 'msg.fl.secure';
  const read = fields(value, where);
  const threshold = finite(read.get('threshold'), `${where}.threshold`, 0.5, 1);
  if (threshold === 1) refuse(`${where}.threshold must be below 1: more than this share must answer.`);
  return compact({
    threshold,
    neighbours: integer(read.get('neighbours'), `${where}.neighbours`, 2, limits.secureNeighbours),
    clip: positive(read.get('clip'), `${where}.clip`, 1e9),
    range: integer(read.get('range'), `${where}.range`, 1, 0xffffffff),
    maxSamples: optional(read.get('maxSamples'), (v) => integer(v, `${where}.maxSamples`, 1, limits.samples)),
    signed: optional(read.get('signed'), (v) => flag(v, `${where}.signed`)),
  });
}

export function parseNormalisation(value: unknown): Normalisation {
  const read = fields(value, 'msg.fl.normalisation');
  const mean = list(read.get('mean'), 'msg.fl.normalisation.mean', 1, limits.features, (v, at) => finite(v, at));
  const std = list(read.get('std'), 'msg.fl.normalisation.std', 1, limits.features, (v, at) => positive(v, at));
  if (mean.length !== std.length) refuse('msg.fl.normalisation must have as many means as standard deviations.');
  return { mean, std };
}

const samplesBehind = (value: unknown, where = 'msg.fl.threshold'): number =>
  integer(value, `${where}.samples`, 1, Number.MAX_SAFE_INTEGER);

/** Of one group; null: none is known. */
function parseGroupThreshold(value: unknown, where: string): NonNullable<Threshold['groups']>[number] {
  if (value === null) return null;
  const read = fields(value, where);
  return { value: finite(read.get('value'), `${where}.value`, 0), samples: samplesBehind(read.get('samples'), where) };
}

export function parseThreshold(value: unknown): Threshold {
  const read = fields(value, 'msg.fl.threshold');
  return compact({
    quantile: positive(read.get('quantile'), 'msg.fl.threshold.quantile', 1),
    value: optional(read.get('value'), (v) => finite(v, 'msg.fl.threshold.value', 0)),
    samples: optional(read.get('samples'), (v) => samplesBehind(v)),
    round: optional(read.get('round'), (v) => integer(v, 'msg.fl.threshold.round', 1, limits.round)),
    groups: optional(read.get('groups'), (v) =>
      list(v, 'msg.fl.threshold.groups', 1, limits.groups, parseGroupThreshold),
    ),
  });
}

export function parseMetrics(value: unknown): NonNullable<UpdateHeader['metrics']> {
  const read = fields(value, 'msg.fl.metrics');
  const number = (name: string): number | undefined =>
    optional(read.get(name), (v) => finite(v, `msg.fl.metrics.${name}`));
  return compact({
    loss: number('loss'),
    firstLoss: number('firstLoss'),
    startLoss: number('startLoss'),
    steps: optional(read.get('steps'), (v) => integer(v, 'msg.fl.metrics.steps', 0, Number.MAX_SAFE_INTEGER)),
    durationMs: optional(read.get('durationMs'), (v) => finite(v, 'msg.fl.metrics.durationMs', 0)),
  });
}

export function parseSending(value: unknown): SendingOptions {
  const where = 'msg.fl.sending';
  const read = fields(value, where);
  const name = choice(read.get('name'), `${where}.name`, ['norm', 'loss', 'periodic'] as const);
  const patience = optional(read.get('patience'), (v) => integer(v, `${where}.patience`, 1, 100_000));
  if (name === 'periodic') {
    return compact({ name, every: integer(read.get('every'), `${where}.every`, 1, 100_000), patience });
  }
  return compact({ name, threshold: positive(read.get('threshold'), `${where}.threshold`, 1000), patience });
}

/** `where`: what the facts stand in, for the refusal. */
export function parseFacts(value: unknown, where = 'msg.fl.facts'): ClientFacts {
  const read = fields(value, where);
  return compact({
    battery: optional(read.get('battery'), (v) => finite(v, `${where}.battery`, 0, 100)),
    charging: optional(read.get('charging'), (v) => flag(v, `${where}.charging`)),
    link: optional(read.get('link'), (v) => text(v, `${where}.link`, 32)),
    bytesPerSecond: optional(read.get('bytesPerSecond'), (v) => positive(v, `${where}.bytesPerSecond`, 1e12)),
    willing: optional(read.get('willing'), (v) => flag(v, `${where}.willing`)),
  });
}

export function parseScore(value: unknown): NonNullable<UpdateHeader['score']> {
  const read = fields(value, 'msg.fl.score');
  return {
    method: text(read.get('method'), 'msg.fl.score.method', 32),
    value: finite(read.get('value'), 'msg.fl.score.value'),
    rank: integer(read.get('rank'), 'msg.fl.score.rank', 0, limits.cohort),
  };
}
