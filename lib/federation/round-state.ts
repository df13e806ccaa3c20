/** The words of the round reducer: its state, what happens to it, what it wants done. All of it is plain JSON. */
import type { ClientFacts } from '../update/message';
import type { FederationOptions } from './options';
import { emptyTable, type Table } from './table';

export type Phase =
  /** Not running: waits for the command "start". */
  | 'idle'
  /** Running, but too few clients are there. */
  | 'gathering'
  /** Round 0: the clients' statistics are asked for. */
  | 'statistics'
  /** A round is asked, its answers come in. */
  | 'collecting'
  /** The round's result is being made and written. */
  | 'saving'
  /** Between two rounds, or backing off after a void one. */
  | 'waiting'
  /** All rounds are done. */
  | 'finished';

export interface ClientRecord {
  /** Examples that it said it holds. */
  samples: number;
  /** What it said of itself when it joined last. */
  facts?: ClientFacts;
  /** That its last update told. */
  loss?: number;
  /** Askings in a row without an answer. */
  missed: number;
  /** Number of the asking that it was last in; 0: none. */
  asked: number;
  /** The round of that asking. */
  round?: number;
  /** Its answer to that asking. 'failed': something came that could not be used. */
  answer?: 'update' | 'decline' | 'failed';
  /** Code of what was wrong with an answer that could not be used. */
  failure?: string;
  /** Its answer to an earlier round came between two rounds: it counts in the next one, for which it is not asked too. */
  ahead?: true;
  /** Nobody else was asked with it. */
  alone?: true;
  /** Without rounds: how many updates it has made of the version that it was given last. */
  turn?: number;
  /** What speaks against it, in bits (reputation.ts); absent: nothing. */
  evidence?: number;
  /** In how many rounds it was rejected, and why the last time (one sentence); absent: in none. */
  rejections?: number;
  reason?: string;
  /** The round after which it is no longer asked, until the operator lets it back; absent: it is asked. */
  quarantined?: number;
  /** Known from before a restart and not heard of since. */
  silent?: true;
  /** Still at work when a federation without rounds came to its end: that its answer comes too late is nobody's fault. */
  left?: true;
}

export interface RoundState {
  phase: Phase;
  /** Go on with the next round by itself. */
  running: boolean;
  /** Finished, and not stopped by anybody: with more rounds, after a deploy, it goes on. */
  goesOn: boolean;
  /** One round, then stand. */
  stepping: boolean;
  /** Names this life of the aggregator. */
  run: string;
  /** The round under way or to come; 0: the statistics. Never goes back but by a reset. */
  round: number;
  /** Counts askings, of any round. */
  asking: number;
  clients: Table<ClientRecord>;
  /** How many of them are away: left out until they join again. */
  away: number;
  /** How many of them are in quarantine: counted where that changes, as every message looks at it. */
  quarantined: number;
  /** What the sampler remembers of the asking before, and what it will after the one under way. */
  sampler: string;
  samplerNext: string;
  /** True once a first round was asked: from then on the quorum decides, not the number of clients to wait for. */
  begun: boolean;
  /** True once any client has answered an asking. */
  heard: boolean;
  /** Void askings in a row. */
  voids: number;
  /** Calls for clients in a row. */
  calls: number;
  /** Clients known from before a restart that are still silent. */
  silent: number;
  // The asking under way.
  /** How many are asked; without rounds: how many are at work. */
  cohort: number;
  /** How many a draw of chance asks on average. */
  expected?: number;
  /** Updates with which it closes; as many as the cohort unless more were asked than are needed. */
  wanted: number;
  updates: number;
  declined: number;
  /** Those of them whose update was not worth its bytes: it counts as no change. */
  withheld: number;
  failed: number;
  /** Updates for an earlier round that go into the round under way or to come. */
  bought: number;
  /** Updates, bought ones too, by what they say about privacy ("" : nothing); only one kind can be averaged. */
  claims: [claim: string, updates: number][];
  /** Without rounds: who may be asked, in the order in which they got free; who rests; the version that is on the disk. */
  free: string[];
  resting: string[];
  kept: number;
  // Since the last record of metrics.
  late: number;
  refused: [code: string, count: number][];
}

export type Command = 'start' | 'pause' | 'step' | 'stop' | 'reset';
export type TimerName =
  | 'deadline'
  | 'pause'
  | 'call'
  | 'grace'
  | 'announce'
  /** Without rounds: the deadline of one asking, and the end of the rest. */
  | `slot/${number}`
  | 'rest';

/** Facts of an answer's header. `attempt` as in the header. */
export interface Answer {
  client: string;
  round: number;
  attempt: string;
}

/** A client whose update the rule left out, and why, in one sentence. */
export interface Rejected {
  client: string;
  reason: string;
}

export type RoundEvent =
  /** The first event of each life. `run`: a name that no other life has. */
  | { type: 'opened'; run: string }
  | { type: 'command'; command: Command }
  /** The operator lets a client back that was quarantined. */
  | { type: 'release'; client: string }
  | { type: 'join'; client: string; samples: number; facts?: ClientFacts }
  | ({ type: 'statistics' } & Answer)
  /** A decoded and checked update. */
  | ({ type: 'update'; claim: string; loss?: number } & Answer)
  /** `withheld`: it was trained, on so many samples, and counts as no change. */
  | ({ type: 'decline'; withheld?: number } & Answer)
  /** An answer to the present asking that could not be used. */
  | ({ type: 'failed'; code: string } & Answer)
  /** Anything else that was refused before it came here: counted only. */
  | { type: 'refused'; code: string }
  | { type: 'timer'; timer: TimerName }
  /** The result of the round is written. `rejected`: whose updates have no part in it. */
  | { type: 'saved'; rejected?: readonly Rejected[] }
  /** It could not be made or written. */
  | { type: 'unsaved'; reason: string }
  /** The asking under way cannot come to anything. `silent`: those who are to blame for it. */
  | { type: 'given-up'; attempt: string; reason: string; silent: readonly string[] }
  /** Without rounds: a version is made, or could not be made; and this one is on the disk. */
  | { type: 'made' }
  | { type: 'unmade' }
  | { type: 'kept'; round: number };

/** What a client answers. */
export type Told = Extract<RoundEvent, { type: 'statistics' | 'update' | 'decline' }>;

export type Effect =
  | { type: 'invite'; cohort: string[] | 'all' }
  | { type: 'ask-statistics'; cohort: string[]; attempt: string }
  /** Send the model out; to an empty cohort for use only. */
  | { type: 'publish'; cohort: string[]; round: number; attempt: string; turn?: number }
  | { type: 'arm'; timer: TimerName; ms: number }
  | { type: 'disarm'; timer: TimerName }
  | { type: 'refuse'; code: string; message: string }
  /** Forget what was taken in: the asking is over. */
  | { type: 'clear' }
  /** Make the new model of the updates with this claim, write it, then say 'saved' or 'unsaved'. */
  | { type: 'close'; round: number; claim: string; counts: RoundCounts; expected?: number }
  /** Pool the statistics, write them, then say 'saved' or 'unsaved'. */
  | { type: 'close-statistics'; counts: RoundCounts }
  /** Without rounds: make the next version of the updates with this claim, then say 'made' or 'unmade'. Always the last effect. */
  | { type: 'advance'; round: number; claim: string; counts: RoundCounts }
  /** Write the newest version, if not at once then soon, and say 'kept'. */
  | { type: 'keep' }
  /** The round changed nothing. */
  | { type: 'void'; round: number; reason: string; counts: RoundCounts }
  /** Write the state as it is; nothing waits for it. */
  | { type: 'persist' }
  /** Back to the first weights. */
  | { type: 'forget' }
  /** A sentence for the person at the flow. */
  | { type: 'warn'; code: string; message: string };

export interface RoundCounts {
  cohort: number;
  /** Updates in the new model; `stale`: those of them that are for an earlier round. */
  updates: number;
  stale?: number;
  declined: number;
  withheld?: number;
  late: number;
  refused: [code: string, count: number][];
}

export interface Step {
  state: RoundState;
  effects: Effect[];
}

export interface RoundRules {
  options: FederationOptions;
  /** Whether round 0 gathers the statistics of the clients. */
  statistics: boolean;
}

export const same = (state: RoundState, ...effects: Effect[]): Step => ({ state, effects });

/** One step after the other. */
export function then(step: Step, next: (state: RoundState) => Step): Step {
  const { state, effects } = next(step.state);
  return { state, effects: [...step.effects, ...effects] };
}

export function counted(list: [string, number][], key: string): [string, number][] {
  return list.some(([other]) => other === key)
    ? list.map(([other, count]) => [other, count + (other === key ? 1 : 0)])
    : [...list, [key, 1]];
}

/** Nothing asked, nothing answered, nothing counted. States share it: no list of a state is ever changed in place. */
export const nothingAsked: Pick<
  RoundState,
  'cohort' | 'wanted' | 'updates' | 'declined' | 'withheld' | 'failed' | 'bought' | 'claims' | 'late' | 'refused'
> = {
  cohort: 0,
  wanted: 0,
  updates: 0,
  declined: 0,
  withheld: 0,
  failed: 0,
  bought: 0,
  claims: [],
  late: 0,
  refused: [],
};

/** `statistics`: whether a round 0 gathers them first. */
export const firstState = (statistics: boolean): RoundState => ({
  phase: 'idle',
  running: false,
  goesOn: false,
  stepping: false,
  run: '',
  round: statistics ? 0 : 1,
  asking: 0,
  clients: emptyTable(),
  away: 0,
  quarantined: 0,
  sampler: '',
  samplerNext: '',
  begun: false,
  heard: false,
  voids: 0,
  calls: 0,
  silent: 0,
  free: [],
  resting: [],
  kept: 0,
  ...nothingAsked,
});
