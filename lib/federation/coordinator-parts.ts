/** What a coordinator is made of, and what it offers. */
import type { Kernels } from '../core/kernels';
import type { Unlikeness } from '../data/unlikeness';
import type { NormalSource } from '../privacy/noise';
import type { Noising } from '../privacy/noising';
import type { RefusedError } from '../refused';
import type { Store } from '../state/store';
import type { Normalisation } from '../training/engine';
import type { FederationHeader, Message } from '../update/message';
import type { Clock } from './clock';
import type { Combine } from './combining';
import type { Curve } from './curve';
import type { FederatedModel } from './federated-model';
import type { Learner } from './learner';
import type { RoundMetrics } from './metrics';
import type { FederationOptions } from './options';
import type { Command, Phase } from './round-state';
import type { Strategy } from './strategies/strategy';

/** What those around a coordinator keep with its state: plain JSON, written when the state is, found again with it. */
export interface Beside {
  now(): unknown;
  /** What was kept, undefined where nothing was; it may be anything. */
  found(kept: unknown): void;
}

export interface CoordinatorParts {
  federation: string;
  model: FederatedModel;
  /** As federationOptions() gives them. */
  options: FederationOptions;
  /** One that is not among those of `options.strategy`; its name must stay the same over restarts. */
  strategy?: Strategy;
  /** Default: kernels of its own. */
  kernels?: Kernels;
  /** Where the federation is kept over a restart; absent: it is not. */
  store?: Pick<Store, 'read' | 'write'>;
  beside?: Beside;
  /** Normal numbers for central privacy; default: the operating system's. Anything else is for tests. */
  normal?: NormalSource;
  /** Secrets of the nodes of a tree of noise; default: the operating system's. Anything else is for tests. */
  seed?(): string;
  /** Adds the noise of central privacy, at best not on this thread; default: here, with `normal`. */
  noising?: Noising;
  /** Carries out the rule of `options`, at best not on this thread, which is the default. */
  combine?: Combine;
  /** The aggregator's own samples, for FLTrust. It trains as a client does, on the model that goes out. */
  root?: Pick<Learner, 'count' | 'learn'>;
  /** To all participants. It may answer at once. */
  send(message: Message<FederationHeader>): void;
  onMetrics?(metrics: RoundMetrics): void;
  /** Once, when round 0 has asked for the counts of labels. */
  onUnlikeness?(report: Unlikeness): void;
  /** Whatever was refused or needs a person: one sentence, a code for counting. */
  onRefused?(refused: RefusedError): void;
  onStatus?(status: CoordinatorStatus): void;
  clock?: Clock;
}

export interface CoordinatorStatus {
  phase: Phase;
  running: boolean;
  /** The round under way or to come; 0: gathering statistics. */
  round: number;
  /** 0: without an end. */
  rounds: number;
  /** Clients in the registry, without those that are away. */
  clients: number;
  /** Asked in the round under way, and how many have answered. */
  cohort: number;
  answers: number;
  /** Clients that are not asked until the operator lets them back. */
  quarantined: number;
}

export interface Registered {
  client: string;
  samples: number;
  away: boolean;
  /** In how many rounds it was rejected since it was let back, and why the last time; counted where there is a quarantine. */
  rejections?: number;
  reason?: string;
  /** The round after which it was quarantined; absent: it is not. */
  quarantined?: number;
}

export interface Snapshot extends CoordinatorStatus {
  federation: string;
  fingerprint: string;
  weights: Float32Array;
  normalisation?: Normalisation;
  registry: Registered[];
  bytesUpTotal: number;
  bytesDownTotal: number;
  /** The last record of metrics of this life. */
  metrics?: RoundMetrics;
}

/** One client as an operator looks at it. */
export interface WatchedClient extends Registered {
  /** The last round that it was asked for; absent: none yet. */
  asked?: number;
  /** What came of that: 'asked' while it is awaited; absent: nothing. */
  answer?: 'update' | 'decline' | 'failed' | 'asked';
  /** Askings in a row that it has not answered; absent: none. */
  missed?: number;
  /** Code of what was wrong with an answer that could not be used. */
  failure?: string;
  /** That its last update told. */
  loss?: number;
  /** Ms since anything came in its name; absent: not since this process began. */
  silentMs?: number;
}

/** A snapshot without the model, for those who look again and again. */
export interface Overview extends Omit<Snapshot, 'weights' | 'normalisation' | 'registry'> {
  registry: WatchedClient[];
  /** Of the last rounds. */
  curve: Curve;
}

export interface Coordinator {
  /** Anything that came in. Never throws: what is refused goes to onRefused. */
  receive(message: unknown): void;
  /** `client`: of "release", which lets a quarantined client back. */
  command(name: Command | 'release', client?: unknown): void;
  snapshot(): Snapshot;
  /** Costs nothing that grows with the model. */
  overview(): Overview;
  /** Sends and writes nothing new from now on; resolves when what was being written is written. */
  close(): Promise<void>;
}
