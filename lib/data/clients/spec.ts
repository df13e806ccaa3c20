/** How samples are split among clients: what a person chooses, and what each way becomes. */
import { RefusedError } from '../../refused';
import type { Sample } from '../windows';

/** What every split among simulated clients has. */
interface Simulated {
  clients: number;
  seed: number;
}

/** What the split among unlike clients has besides. */
interface Filled {
  /** A client that would have fewer samples gets some of those with most, where there are enough; default 1. */
  least?: number;
}

export type ClientSpec =
  /** All belong to the client that receives them. */
  | { kind: 'single' }
  /** The cell names the client: a plant, a station. */
  | { kind: 'column'; column: string }
  /** Even shares of one shuffled whole, each client like every other. */
  | ({ kind: 'iid' } & Simulated)
  /** Label skew: see by-label.ts. */
  | ({ kind: 'dirichlet'; alpha: number } & Simulated & Filled)
  /** Label skew, a few classes a client: see shards.ts. `shards`: of each client. */
  | ({ kind: 'shards'; shards: number } & Simulated)
  /** Clients alike in kind and unlike in size: see quantity.ts. */
  | ({ kind: 'quantity' } & QuantitySizes & Simulated & Filled)
  /** The same things seen by unlike sensors: see feature-shift.ts. */
  | ({ kind: 'feature-shift'; shift: 'affine' | 'noise'; strength: number } & Simulated);

export type QuantitySizes = { sizes: 'dirichlet'; alpha: number } | { sizes: 'power-law'; exponent: number };

/** What a pass over the training samples found. */
export interface Survey {
  samples: number;
  /** Samples of each class; empty when they have none. */
  classes: ReadonlyMap<number, number>;
  /** Of each feature; the deviation is 1 where a feature never changes. */
  mean: Float64Array;
  std: Float64Array;
  /** Samples of each simulated client, before any is moved so that nobody is left empty; empty when that cannot be. */
  clients: readonly number[];
}

/** The owner of a sample; undefined when its row does not name one (then nobody gets it). */
export type Owner = (sample: Sample) => string | undefined;

/** Number of the simulated client, from 0. */
export type Lot = (sample: Sample) => number;

export interface Division {
  owner: Owner;
  /** The sample as its client sees it; absent: as it is. */
  seen?(sample: Sample, client: string): Sample;
}

export const MAX_CLIENTS = 100_000;

/** "client-1" ... the name of a simulated client. */
export const clientName = (index: number): string => `client-${index + 1}`;

const refuse = (message: string): never => {
  throw new RefusedError('clients', message);
};

export function checkClients(clients: number): void {
  if (!Number.isInteger(clients) || clients < 1 || clients > MAX_CLIENTS) {
    refuse(`The number of clients must be a whole number from 1 to ${MAX_CLIENTS}.`);
  }
}

export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && Number.isFinite(alpha))) {
    refuse('Alpha must be a number above 0: 0.1 makes very unlike clients, 100 alike ones.');
  }
}

/** The class of a sample. Throws RefusedError when it has none. */
export function classOf({ targets }: Sample, split: string): number {
  const [label] = targets;
  return targets.length === 1 && Number.isInteger(label) && label >= 0
    ? label
    : refuse(`A ${split} needs samples with classes: give a label, or split IID.`);
}
