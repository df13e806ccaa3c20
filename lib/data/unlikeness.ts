/**
 * How unlike clients are, from nothing but how many samples of each class they hold. Every client's share of the classes is
 * compared with that of all together, and with every other's, by
 *
 *   totalVariation  half the sum of |p - q|: the share of samples that would have to change their class; 0 to 1
 *   jensenShannon   the divergence in bits (Lin 1991), mean of the relative entropies to the mixture; 0 to 1
 *   hellinger       sqrt(1 - sum of sqrt(p q)); 0 to 1
 *   earthMover      the sum of |P - Q| of the distributions summed up class by class: how many classes far a sample has to
 *                   be moved in the mean, where the labels are in order; 0 to classes - 1
 */
import type { ClientCounts } from './label-counts';

export interface Distances {
  totalVariation: number;
  jensenShannon: number;
  hellinger: number;
  earthMover: number;
}

export interface ClientUnlikeness extends ClientCounts {
  samples: number;
  /** To all clients together; absent when it has no sample. */
  distances?: Distances;
}

export interface Unlikeness {
  /** All samples of each class. */
  pooled: number[];
  samples: number;
  clients: ClientUnlikeness[];
  /** Of the clients' distances to all together, weighted by their samples. */
  mean: Distances;
  /** Over all pairs of clients with samples; absent with fewer than two, or more than 1,000. */
  pairs?: { mean: Distances; most: Distances };
  /** (sum of n)^2 / sum of n^2: as many clients of one size would be as unlike in size as these. */
  effectiveClients: number;
}

const MOST_FOR_PAIRS = 1000;
const names = ['totalVariation', 'jensenShannon', 'hellinger', 'earthMover'] as const;

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** p log2(p / m), and 0 where p is 0. */
const entropic = (p: number, m: number): number => (p > 0 ? p * Math.log2(p / m) : 0);

/** Between two lists of counts (or shares) of the same classes, neither all zero. */
export function labelDistances(a: readonly number[], b: readonly number[]): Distances {
  const [all, others] = [sumOf(a), sumOf(b)];
  let variation = 0;
  let divergence = 0;
  let affinity = 0;
  let ahead = 0;
  let moved = 0;
  for (let i = 0; i < a.length; i++) {
    const p = a[i] / all;
    const q = b[i] / others;
    const middle = (p + q) / 2;
    variation += Math.abs(p - q) / 2;
    divergence += (entropic(p, middle) + entropic(q, middle)) / 2;
    affinity += Math.sqrt(p * q);
    ahead += p - q;
    moved += Math.abs(ahead);
  }
  return {
    totalVariation: Math.min(1, variation),
    jensenShannon: Math.min(1, Math.max(0, divergence)),
    hellinger: Math.sqrt(Math.max(0, 1 - affinity)),
    earthMover: moved,
  };
}

const combined = (make: (name: (typeof names)[number]) => number): Distances => ({
  totalVariation: make('totalVariation'),
  jensenShannon: make('jensenShannon'),
  hellinger: make('hellinger'),
  earthMover: make('earthMover'),
});

function pairsOf(clients: readonly ClientUnlikeness[]): Unlikeness['pairs'] {
  if (clients.length < 2 || clients.length > MOST_FOR_PAIRS) return undefined;
  const sums = combined(() => 0);
  const most = combined(() => 0);
  for (let i = 1; i < clients.length; i++) {
    for (let j = 0; j < i; j++) {
      const distances = labelDistances(clients[i].counts, clients[j].counts);
      for (const name of names) {
        sums[name] += distances[name];
        most[name] = Math.max(most[name], distances[name]);
      }
    }
  }
  const pairs = (clients.length * (clients.length - 1)) / 2;
  return { mean: combined((name) => sums[name] / pairs), most };
}

/** All with counts of the same classes. The clients come out sorted as they came in. */
export function unlikeness(list: readonly ClientCounts[]): Unlikeness {
  const classes = list[0]?.counts.length ?? 0;
  const pooled = Array.from({ length: classes }, (_, i) => sumOf(list.map(({ counts }) => counts[i])));
  const samples = sumOf(pooled);
  const clients = list.map(({ client, counts }): ClientUnlikeness => {
    const own = sumOf(counts);
    return {
      client,
      counts: [...counts],
      samples: own,
      ...(own > 0 ? { distances: labelDistances(counts, pooled) } : {}),
    };
  });
  const squares = sumOf(clients.map(({ samples: own }) => own * own));
  const pairs = pairsOf(clients.filter((client) => client.samples > 0));
  return {
    pooled,
    samples,
    clients,
    mean: combined((name) =>
      samples > 0 ? sumOf(clients.map((one) => (one.distances ? one.samples * one.distances[name] : 0))) / samples : 0,
    ),
    ...(pairs ? { pairs } : {}),
    effectiveClients: squares > 0 ? (samples * samples) / squares : 0,
  };
}
