/**
 * The message contract: `payload` is the vector as bytes, `fl` the header. Every node of the suite makes it, changes it
 * or consumes it; fl-wire carries it out of the process. docs/messages.md describes it for strangers.
 */
import type { Normalisation, TrainingOptions } from '../training/engine';

export { RefusedError } from '../refused';

/** One thing that was done to the vector; a receiver undoes them from last to first. */
export interface CodecStep {
  name: string;
  [parameter: string]: unknown;
}

/** [numbers, output channels] of each tensor in order: all that a codec needs to know about the model. */
export type TensorSizes = [size: number, channels: number][];

/**
 * A round may be asked more than once (nobody answered, or the aggregator was started again): `attempt` names one
 * asking, and an answer carries it back. So an answer to another asking, or a replayed one, is recognised.
 */
interface Attempt {
  attempt: string;
}

/** Small facts of a user's own (a battery's voltage, a place), carried along and looked at by no rule. */
export type Notes = Record<string, string | number | boolean>;

interface HeaderBase {
  /** Name of the federation. */
  federation: string;
  /** Fingerprint of the model specification. */
  model: string;
  round: number;
  notes?: Notes;
}

/** aggregator -> participants: who is there? Answered by a 'join'. */
export interface InviteHeader extends HeaderBase {
  kind: 'invite';
  /** Who should answer. */
  cohort: string[] | 'all';
}
/** participant -> aggregator. `samples`: how many it holds. */
export interface JoinHeader extends HeaderBase {
  kind: 'join';
  client: string;
  samples: number;
  facts?: ClientFacts;
}
/** What a client says of itself, for those who choose whom to ask. All of it is its own word. */
export interface ClientFacts {
  /** Charge in %. */
  battery?: number;
  charging?: boolean;
  /** Kind of link, for people: "lora", "wifi". */
  link?: string;
  /** What the link carries. */
  bytesPerSecond?: number;
  /** false: does not want to be asked now. */
  willing?: boolean;
}
/** aggregator -> participants: send the counts, sums and squares of your features. */
export interface StatisticsRequestHeader extends HeaderBase, Attempt {
  kind: 'statistics-request';
  cohort: string[] | 'all';
  deadlineMs: number;
  /** False: only the count; absent: sums and squares of the features too. */
  sums?: boolean;
  /** Classes whose samples are to be counted too; absent: none. */
  labels?: number;
}
/**
 * participant -> aggregator. Payload: float64 little-endian, [count, sum of each feature, sum of squares of each feature,
 * samples of each class].
 */
export interface StatisticsHeader extends HeaderBase, Attempt {
  kind: 'statistics';
  client: string;
  /** How many counts of classes stand at the end of the payload; absent: none. */
  labels?: number;
}
/** The clients' part of a strategy that is more than plain training, each with a state that stays at the client. */
export type LocalRule =
  /** How c_i is made anew: 1 of the gradient at the model that came, 2 of the steps done (arXiv 1910.06378). */
  | { name: 'scaffold'; option: 1 | 2 }
  /** `alpha` of the dynamic regulariser (arXiv 2111.04263). */
  | { name: 'feddyn'; alpha: number }
  /** Of the models that came the client takes the one of least loss on its own rows (arXiv 2006.04088). */
  | { name: 'ifca'; groups: number };

/** Above which reconstruction error a sample is an anomaly. `value` is absent until the clients have told their errors. */
export interface Threshold {
  /** Share of the clients' own samples below it. */
  quantile: number;
  /** Mean squared error, in normalised units. */
  value?: number;
  /** Samples behind it. */
  samples?: number;
  /** The round whose first model the errors are of. */
  round?: number;
  /** In a message that holds the models of all groups: of each group; null: nothing is known of it, the one above serves. */
  groups?: (Pick<Required<Threshold>, 'value' | 'samples'> | null)[];
}
/** `patience`: after so many updates of a client in a row that stayed, the next one goes. */
export type SendingOptions = { patience?: number } & (
  | { name: 'norm' /** Of the model's norm. */; threshold: number }
  | { name: 'loss' /** Of the loss. */; threshold: number }
  | { name: 'periodic'; every: number }
);

/** How all clients of an asking code and mask their updates, so that only the sum of them can be read (lib/privacy/secure). */
export interface SecureSettings {
  /** More than this share of the holders of a secret must answer to open it: from a half to below 1. */
  threshold: number;
  /** With how many others each client shares masks: even; all others, where there are no more. */
  neighbours: number;
  /** Each number is held to [-clip, clip]. */
  clip: number;
  /** That interval is coded as 0 ... range; all clients together must stay below 2^32. */
  range: number;
  /** An update of so many samples or more weighs 1, one of fewer that part of it; absent: each weighs 1. */
  maxSamples?: number;
  /** Keys are signed, and so is who is left before masks are taken off: for aggregators that may lie. */
  signed?: boolean;
}

/** aggregator -> participants. Payload: the full vector. The cohort trains; everybody may predict with it. */
export interface ModelHeader extends HeaderBase, Attempt {
  kind: 'model';
  /** Ids asked to take part in `round`; empty: nobody (the model is for use only). */
  cohort: string[] | 'all';
  deadlineMs: number;
  quorum: number;
  /** Answers still count when they are so many rounds behind: who is not asked anew goes on with what it was asked. */
  maxStaleness?: number;
  /** When an update is worth its bytes: one that is not stays, and is told as a 'decline' with `withheld`. */
  sending?: SendingOptions;
  /** How many updates each of the cohort has made of this very model: another one is wanted, of other random choices. */
  turn?: number;
  training: TrainingOptions;
  /** Number of the group of clients whose model this is, -1: nobody's, to place newcomers by; absent: there are no groups. */
  group?: number;
  /** Absent: plain training. */
  local?: LocalRule;
  /** Updates are wanted masked; absent: as they are. */
  secure?: SecureSettings;
  /** The client whose own model this is: for use on its gateway, never for a round. */
  personal?: string;
  /**
   * For each of `cohort`: the last round in which its update counted, 0: none yet. By it a client keeps or takes back
   * what its answers would have changed in the state that it holds. Only sent when somebody needs it.
   */
  settled?: number[];
  /** The answer shall tell `metrics.startLoss`. */
  startLoss?: boolean;
  normalisation?: Normalisation;
  /** Asks for the errors of this model with each update (autoencoders), and tells the threshold so far. */
  threshold?: Threshold;
  /** What central privacy goes on from; absent: from the settings of fl-dp-noise. */
  central?: CentralTold;
  tensors: TensorSizes;
  codecs: CodecStep[];
}
/** participant -> aggregator. Payload: local - global, then the codecs. */
export interface UpdateHeader extends HeaderBase, Attempt {
  kind: 'update';
  client: string;
  /** Examples trained on. */
  samples: number;
  codecs: CodecStep[];
  tensors: TensorSizes;
  /** The group of clients that this one has chosen, where clients choose. */
  group?: number;
  /** How many were asked in this round, and how long the round waits: what a filter that collects needs to know. */
  expected: number;
  deadlineMs: number;
  /** Of the model that it answers, for fl-dp-noise, which takes it off. */
  central?: CentralTold;
  /** Of the model that it answers: the last round in which an update of this client counted, 0: none yet; absent: not told. */
  settled?: number;
  /** What this client kept for the strategy is lost: it has begun with zeros. */
  anew?: boolean;
  /** Put there by a filter that keeps what it leaves out: it goes by `settled`, which shall be told from now on. */
  remembers?: boolean;
  /** `startLoss`: of the model as it came, on this client's samples (q-FedAvg, power-of-choice). */
  metrics?: { loss?: number; firstLoss?: number; startLoss?: number; steps?: number; durationMs?: number };
  /** Reconstruction errors of the model as it came, on this client's samples, as a quantile sketch (lib/metrics). */
  errors?: number[];
  privacy?: PrivacyClaim;
  /** Put there by a filter that scores updates; rank 1 is best. */
  score?: { method: string; value: number; rank: number };
}
/**
 * What fl-dp-noise did, or asks of the aggregator (central: uniform weights, noise (z C / m) on the mean, once). distributed: its
 * part of the noise, which is whole in a sum of `clients` or more.
 */
export interface PrivacyClaim {
  mode: 'local' | 'central' | 'distributed';
  clippingNorm: number;
  noiseMultiplier: number;
  delta: number;
  epsilon: number;
  /** Distributed only: of how many parts the noise is made; the sum of fewer is not opened. */
  clients?: number;
  /** Central only: C follows a quantile of the norms. */
  adaptive?: AdaptiveClipping;
  /** Central only: the noise of the nodes of a tree over the rounds, in place of that of each round. */
  tree?: { levels: number /** The round of its first leaf. */; begun: number };
  /** With `adaptive`: whether the norm was at most C. Of one client alone: never told on. */
  within?: boolean;
}
/** How the clipping norm follows a quantile of the norms of the updates (arXiv 1905.03871). */
export interface AdaptiveClipping {
  /** C of the first round. */
  firstNorm: number;
  /** Share of the updates whose norm should be at most C. */
  quantile: number;
  rate: number;
  /** geometric: C e^(-rate (share - quantile)); linear: C - rate (share - quantile). */
  step: 'geometric' | 'linear';
  /** Standard deviation of the noise on the count; absent: max(m / 20, noiseMultiplier). */
  countNoise?: number;
}
/** What an aggregator under central privacy has come to, and what participants have to know of it. */
export interface CentralTold {
  /** C of this round. */
  clippingNorm?: number;
  /** The tree that goes on, for those of the same noise. */
  tree?: TreeTold;
}
export interface TreeTold {
  /** The round of its first leaf; 2^levels - 1 rounds have room. */
  begun: number;
  levels: number;
  clippingNorm: number;
  noiseMultiplier: number;
}
/** participant -> aggregator: not this round, and why. */
export interface DeclineHeader extends HeaderBase, Attempt {
  kind: 'decline';
  client: string;
  reason: string;
  /** The update was made of so many samples and is not worth its bytes: it counts as no change. */
  withheld?: number;
}
/** What is done in a secure sum, in this order. */
export type SecureStep = 'keys' | 'shares' | 'survivors' | 'unmask';
/** aggregator -> participants: goes on with a secure sum. The payload depends on the step (docs/messages.md). */
export interface SecureRequest extends HeaderBase, Attempt {
  kind: 'secure';
  step: SecureStep;
  /** keys: all who take part, in the order of the payload; shares: whom it is for; survivors, unmask: whose update came. */
  cohort: string[];
  /** shares: whose shares these are; unmask, where the sum is signed: who has signed that these are left. */
  members?: string[];
}
/** participant -> aggregator: its part of that step. */
export interface SecureAnswer extends HeaderBase, Attempt {
  kind: 'secure';
  step: SecureStep;
  client: string;
}
export type SecureHeader = SecureRequest | SecureAnswer;
/** Samples on their way to a client, an evaluator or a predictor of this gateway. Never leaves it. */
export interface SamplesHeader {
  kind: 'samples';
  /** Id of the client that these belong to; absent: whoever receives them. */
  client?: string;
  /** Rows in the payload: float32 little-endian, per row `width` features and then `targets` numbers. */
  count: number;
  width: number;
  targets: number;
  /** Class names that the target numbers index; absent: the targets are values. */
  classes?: string[];
  split: 'train' | 'test';
  /**
   * Which data set this pass is over, when it can be read again: who keeps samples must not keep those of the same source
   * twice. `first` marks the first block of a pass.
   */
  source?: string;
  first?: boolean;
  /** The last block of a pass over the data; false: more will follow at once. */
  last?: boolean;
  notes?: Notes;
}

export type FederationHeader =
  | InviteHeader
  | JoinHeader
  | StatisticsRequestHeader
  | StatisticsHeader
  | ModelHeader
  | UpdateHeader
  | DeclineHeader
  | SecureHeader;
export type Header = FederationHeader | SamplesHeader;
export type Kind = Header['kind'];

/** A message without its Node-RED parts. `payload` is treated as immutable. */
export interface Message<H extends Header = Header> {
  fl: H;
  payload: Buffer;
}
