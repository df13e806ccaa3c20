/** What of a federation survives a restart, and how it lies in the store. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../model';
import type { CentralState } from '../privacy/central';
import type { StateRecord } from '../state/store';
import type { Normalisation } from '../training/engine';
import type { PrivacyClaim, Threshold } from '../update/message';
import { readVector, vectorPayload } from '../update/vector';
import type { RuleMemory } from './combining';
import { type Curve, curveOf } from './curve';
import type { FederatedModel } from './federated-model';
import { type ClientRecord, firstState, type RoundState } from './round-state';
import type { Settlement } from './settlement';
import type { StrategyState } from './strategies/strategy';
import { emptyTable, entries, put } from './table';
import type { GroupThresholds } from './threshold';

export interface Learned {
  weights: Float32Array;
  normalisation?: Normalisation;
  /** Samples of each class over the clients that told in round 0. */
  labelCounts?: number[];
  /** Of anomalies. */
  threshold?: Threshold;
  /** Likewise, of each group of clients. */
  groupThresholds?: GroupThresholds;
  strategy: string;
  strategyState: StrategyState;
  /** Filled only where somebody goes by it. */
  settlement: Settlement;
  /** The last round after which all clients began with zeros again, as one had lost what it kept. */
  begunAnew?: number;
  /** Of rules that go on from the rounds before. */
  rule?: RuleMemory;
  bytesUp: number;
  bytesDown: number;
  /** Of the last rounds, for who looks; absent: none has ended. */
  curve?: Curve;
  /** What the updates of the last closed round stated. */
  privacy?: PrivacyClaim;
  /** What central privacy goes on from. */
  central?: CentralState;
}

type KeptFacts = Pick<ClientRecord, 'loss' | 'facts' | 'evidence' | 'rejections' | 'reason' | 'quarantined'>;

/** The part of the round's state that is kept. */
export interface KeptRound {
  round: number;
  running: boolean;
  begun: boolean;
  heard: boolean;
  sampler: string;
  clients: [id: string, samples: number, missed: number, rest?: KeptFacts][];
}

export const keptRound = (state: RoundState): KeptRound => ({
  round: state.round,
  running: state.goesOn || (state.running && !state.stepping),
  begun: state.begun,
  heard: state.heard,
  sampler: state.sampler,
  clients: entries(state.clients).map(([id, record]) => {
    const { samples, missed, loss, facts, evidence, rejections, reason, quarantined } = record;
    const rest = { loss, facts, evidence, rejections, reason, quarantined };
    return Object.values(rest).every((value) => value === undefined)
      ? [id, samples, missed]
      : [id, samples, missed, rest];
  }),
});

export function restoredState(kept: KeptRound, statistics: boolean): RoundState {
  let clients: RoundState['clients'] = emptyTable();
  for (const [id, samples, missed, rest] of kept.clients) {
    clients = put(clients, id, { samples, missed, asked: 0, ...rest });
  }
  const { round, running, begun, heard, sampler } = kept;
  return { ...firstState(statistics), run: 'restored', round, running, begun, heard, sampler, clients };
}

/**
 * The record of a federation: each model, and each way to normalise its inputs, has its own, so that nothing learned is
 * ever mixed with another model, and going back to an earlier one goes on where it stood.
 */
export function recordName(federation: string, model: FederatedModel): string {
  const key = canonicalJson([model.fingerprint, model.normalisation]);
  return `${federation} ${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

interface Kept extends Omit<Learned, 'weights' | 'strategyState' | 'settlement' | 'rule'> {
  version: 1;
  fingerprint: string;
  kept: KeptRound;
  numbers: Record<string, number>;
  rule?: string;
  /** Absent in what older versions wrote. */
  settled?: [client: string, round: number][];
  /** Of those around the coordinator. */
  beside?: unknown;
}

const STRATEGY = 'strategy/';
const RULE = 'rule/';

const prefixed = (prefix: string, vectors: Iterable<readonly [string, Float32Array]>): Record<string, Buffer> =>
  Object.fromEntries([...vectors].map(([name, vector]) => [`${prefix}${name}`, vectorPayload(vector)]));

/** In the order in which they were written. */
const without = (prefix: string, parts: StateRecord['parts']): [string, Float32Array][] =>
  Object.entries(parts)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, bytes]) => [name.slice(prefix.length), floats(bytes)]);

export const besideOf = ({ json }: StateRecord): unknown => (json as Partial<Kept> | null)?.beside;

export function encodeCheckpoint(
  fingerprint: string,
  kept: KeptRound,
  learned: Learned,
  beside?: unknown,
): StateRecord {
  const { weights, strategyState, settlement, rule, ...rest } = learned;
  const settled = [...settlement];
  const { numbers, vectors } = strategyState;
  const named = rule ? { rule: rule.rule } : {};
  const json: Kept = { version: 1, fingerprint, kept, numbers, settled, ...rest, ...named, beside };
  const remembered = { ...prefixed(STRATEGY, Object.entries(vectors)), ...(rule ? prefixed(RULE, rule.vectors) : {}) };
  return { json, parts: { weights: vectorPayload(weights), ...remembered } };
}

/** The store has checked the bytes; this checks that they belong to this model. Throws an Error that says what to do. */
export function decodeCheckpoint(record: StateRecord, model: FederatedModel): { kept: KeptRound; learned: Learned } {
  const json = record.json as Kept;
  const weights = record.parts.weights;
  if (json?.version !== 1 || json.fingerprint !== model.fingerprint || weights?.length !== 4 * model.layout.size) {
    throw new Error('The kept state does not fit this model: delete its files, or send "reset", to start anew.');
  }
  const {
    kept,
    numbers,
    strategy,
    normalisation,
    labelCounts,
    threshold,
    groupThresholds,
    rule,
    bytesUp,
    bytesDown,
    privacy,
    central,
    curve,
    begunAnew,
    settled = [],
  } = json;
  return {
    kept,
    learned: {
      weights: floats(weights),
      strategy,
      strategyState: { numbers, vectors: Object.fromEntries(without(STRATEGY, record.parts)) },
      settlement: new Map(settled),
      ...(begunAnew === undefined ? {} : { begunAnew }),
      normalisation,
      ...(labelCounts ? { labelCounts } : {}),
      ...(threshold ? { threshold } : {}),
      ...(groupThresholds ? { groupThresholds } : {}),
      ...(rule ? { rule: { rule, vectors: new Map(without(RULE, record.parts)) } } : {}),
      bytesUp,
      bytesDown,
      curve: curveOf(curve),
      privacy,
      ...(central ? { central } : {}),
    },
  };
}

/** A copy of its own, free of the file's buffer. */
const floats = (bytes: Uint8Array): Float32Array =>
  readVector(Buffer.from(Uint8Array.from(bytes).buffer), bytes.length / 4).slice();
