/** Chooses who is asked in a round. Pure: the same choice for the same arguments on every machine. */
import type { ClientFacts } from '../../update/message';

export type SamplerOptions =
  | { name: 'all' }
  /** `count` clients, or `fraction` of the present ones but at least `minimum`. */
  | { name: 'random'; count: number }
  | { name: 'random'; fraction: number; minimum: number }
  /** `count` clients at a time, one after the other. */
  | { name: 'round-robin'; count: number }
  /** `count` clients, those with more samples more often. */
  | { name: 'weighted'; count: number }
  /** Of `candidates` drawn by their samples the `count` whose loss is greatest. */
  | { name: 'power-of-choice'; count: number; candidates: number }
  /** `count` of those who say that they have what it takes. */
  | ({ name: 'availability'; count: number } & Needed)
  /** Each client by a coin of its own, which falls for it with this probability. */
  | { name: 'poisson'; probability: number };

/** What a client must have to be asked. What it does not tell is held to be there. */
export interface Needed {
  /** Least charge of its battery, in %; one that is being charged is always enough. */
  minBattery?: number;
  /** Slowest link, in bytes per second. */
  minBytesPerSecond?: number;
}

/** What is known of a client that is there. */
export interface Candidate {
  id: string;
  /** Examples that it said it holds. */
  samples: number;
  /** Of its last update; absent: it has not told one yet. */
  loss?: number;
  facts?: ClientFacts;
}

export interface Choice {
  /** Sorted by id. */
  cohort: string[];
  /** To be handed to the next call; survives a restart. */
  state: string;
}

export interface Draw {
  seed: number;
  /** Name the round and the attempt, for the random ones. */
  words: (string | number)[];
  /** What the call before returned; at first "". */
  state: string;
}

export interface Sampler {
  /** How many it takes out of `available`: at most, where chance or the clients' facts decide it. */
  size(available: number): number;
  /** True when the updates are drawn in a way for which the mean is to give each the same weight. */
  readonly equalWeights?: boolean;
  /** True when it goes by the loss of each client on the model as it comes. */
  readonly needsLoss?: boolean;
  /**
   * Where the size of the cohort is a matter of chance: its mean. A small cohort is then a draw like any other, not a lack of
   * clients; and a sum whose noise is proved for such draws is divided by this number, which tells nothing of the draw.
   */
  expected?(available: number): number;
  /** `clients`: those present, sorted by id. */
  choose(clients: readonly Candidate[], draw: Draw): Choice;
}

/** Sorted by id, by code units: the same order on every machine. */
export const sortedIds = (clients: readonly Candidate[]): string[] => clients.map(({ id }) => id).sort();
