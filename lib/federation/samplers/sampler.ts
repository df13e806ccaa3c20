/** Chooses who is asked in a round. Pure: the same choice for the same arguments on every machine. */
export type SamplerOptions =
  | { name: 'all' }
  /** `count` clients, or `fraction` of the present ones but at least `minimum`. */
  | { name: 'random'; count: number }
  | { name: 'random'; fraction: number; minimum: number }
  /** `count` clients at a time, one after the other. */
  | { name: 'round-robin'; count: number };

export interface Choice {
  /** Sorted by id. */
  cohort: string[];
  /** To be handed to the next call; survives a restart. */
  state: string;
}

export interface Sampler {
  /** How many it takes out of `available`. */
  size(available: number): number;
  /**
   * `clients`: ids of those present, sorted. `words` name the round and the attempt, for the random ones.
   * `state`: what the call before returned; at first "".
   */
  choose(clients: readonly string[], seed: number, words: (string | number)[], state: string): Choice;
}
