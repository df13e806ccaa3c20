import type { TrainingOptions } from '../../training/engine';
import type { LocalRule } from '../../update/message';

/**
 * How the updates of a round become the next model. A strategy is pure: `(state, global, aggregate) -> {state, model}`.
 * It says what it needs, so that a mean-like strategy holds one vector in all and not one per client.
 */
export type Needs =
  /** Weighted sums only: each update is folded as it arrives and let go. */
  | 'fold'
  /** All vectors of the round at once (median, Krum, ...). */
  | 'vectors';

/** What is known of an accepted update beside its vectors. */
export interface UpdateFacts {
  client: string;
  /** Examples trained on. */
  samples: number;
  /** What it counts in a mean over samples where that is something else: 1 where chance has chosen it by its samples. */
  count?: number;
  /** Euclidean norm of the update as it is aggregated. */
  norm: number;
  /** Its reconstruction errors at the model that it started from, as an encoded quantile sketch. */
  errors?: number[];
  /** Rounds between the model it started from and the present one; 0 in synchronous rounds. */
  staleness: number;
  /** The rate that it was made with; absent: that of the training. */
  learningRate?: number;
  /** The group that the client has chosen, where it chooses. */
  group?: number;
  /** The client has lost what it kept for the strategy, and began with zeros. */
  anew?: boolean;
  /** A filter on its way keeps what it left out, and has to be told what counted. */
  remembers?: boolean;
  metrics: { loss?: number; firstLoss?: number; startLoss?: number; steps?: number; durationMs?: number };
}

export interface Aggregate {
  /** One entry for each update, sorted by client: sums over it do not depend on who was faster. */
  updates: readonly UpdateFacts[];
  /** Clients in the registry, asked or not: N where the cohort is S. */
  clients: number;
  /** Sum of the weights that `weigh` gave (under central privacy: the number of updates). */
  totalWeight: number;
  /**
   * The weighted sum of vector number `which` (0: the update itself) over `divisor` (default: `totalWeight`), exact and
   * rounded once. Under central privacy it carries the noise, and only the default divisor is allowed.
   */
  mean(which?: number, divisor?: number): Float32Array;
  /** Needs 'vectors' only: the update vectors in the order of `updates`. */
  vectors(which?: number): readonly Float32Array[];
  /** The updates of one group only, where the strategy knows groups. */
  part(group: number): Aggregate;
}

/** Who is sent what. */
export interface Audience {
  cohort: string[];
  /** The vectors behind one another: the model, and what travels with it. */
  vectors: readonly Float32Array[];
  /** The group whose model it is. */
  group?: number;
}

/** A strategy that keeps a model for each group of clients. */
export interface Groups {
  /** How many there are now; they are numbered from 0. */
  count(state: StrategyState): number;
  /** To which the update counts. Throws RefusedError 'wrong-group'. */
  of(update: UpdateFacts, state: StrategyState): number;
  /** What goes to whom. `cohort` empty: the model of each group, for use. */
  audiences(state: StrategyState, global: Float32Array, cohort: readonly string[]): Audience[];
}

/** What a strategy remembers between rounds: numbers as JSON, vectors (momentum, control variates) as they are. */
export interface StrategyState {
  numbers: Record<string, number>;
  vectors: Record<string, Float32Array>;
}

export interface Strategy {
  readonly name: string;
  readonly needs: Needs;
  /** Vectors of the model's length in one update, one behind the other: 1, or 2 where a control variate travels with it. */
  readonly vectorsPerUpdate: number;
  /** True when it stays correct with all weights equal: central privacy is proved for the uniform mean only. */
  readonly uniformMean: boolean;
  /** What it changes in the training that the person wished for. */
  readonly training?: Partial<TrainingOptions>;
  /** The clients' part where it is more than plain training. */
  readonly local?: LocalRule;
  /** Updates that began from an older model are made to be against the present one first: (w_old + d) - w. */
  readonly rebase?: boolean;
  /** It needs `metrics.startLoss` of each update. */
  readonly startLoss?: boolean;
  /** Absent: one model for all. */
  readonly groups?: Groups;
  /** `fresh`: other first weights of the same model, for each number from 1 on; only strategies with groups need it. */
  start(size: number, fresh?: (index: number) => Float32Array): StrategyState;
  /** Weight of an update in the fold; `state` is what apply() will get. Throws RefusedError when the update can have none. */
  weigh(update: UpdateFacts, state?: StrategyState): number;
  /** Vectors that travel to the clients behind the model (control variates); absent: none. */
  broadcast?(state: StrategyState): readonly Float32Array[];
  /** Throws RefusedError when nothing can be made of the round. Changes neither `state` nor `global`. */
  apply(
    state: StrategyState,
    global: Float32Array,
    aggregate: Aggregate,
  ): { state: StrategyState; model: Float32Array };
}
