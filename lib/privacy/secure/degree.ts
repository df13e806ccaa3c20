/**
 * How many neighbours are enough in a graph that is not complete (SecAgg+, 2020/704, section 3.2), by the exact tails of
 * the hypergeometric distribution: of each client's k neighbours too few are dishonest to open its secrets, enough
 * stay to open them, and the honest who stay are still connected.
 */
import { mostShares } from './shamir';
import { sharesNeeded } from './threshold';

export interface Assumed {
  /** Share of all clients that tell the aggregator what they know. */
  corrupt: number;
  /** Share of all clients that drop out. */
  dropped: number;
  /** An update may be exposed with a chance of 2^-secrecy at most, a round lost to chance with 2^-success. */
  secrecy: number;
  success: number;
}

export const assumed: Assumed = { corrupt: 0.1, dropped: 0.1, secrecy: 40, success: 20 };

/** Complete up to here: nothing is left to chance, and the masks cost little. */
const completeUpTo = 64;

/** log C(n, k) for all that is needed, from the sums of logarithms. */
function logChoose(most: number): (n: number, k: number) => number {
  const logs = new Float64Array(most + 1);
  for (let i = 2; i <= most; i++) logs[i] = logs[i - 1] + Math.log(i);
  return (n, k) => (k < 0 || k > n ? Number.NEGATIVE_INFINITY : logs[n] - logs[k] - logs[n - k]);
}

/** The fewest even number, or clients - 1 when nothing less is enough. `threshold` as in SecureSettings. */
export function enoughNeighbours(clients: number, threshold: number, assumptions: Assumed = assumed): number {
  const all = Math.max(2, clients - 1);
  if (clients <= completeUpTo) return all;
  const { corrupt, dropped, secrecy, success } = assumptions;
  const others = clients - 1;
  const choose = logChoose(clients);
  /** Of k drawn from the others, `marked` of whom are marked: the chance of `least` or more. */
  const tail = (marked: number, k: number, least: number): number => {
    let chance = 0;
    for (let i = Math.max(0, least); i <= k; i++) {
      chance += Math.exp(choose(marked, i) + choose(others - marked, k - i) - choose(others, k));
    }
    return chance;
  };
  const bad = Math.min(others, Math.ceil(corrupt * clients));
  const gone = Math.min(others, Math.ceil(dropped * clients));
  for (let k = 2; k < Math.min(all, mostShares); k += 2) {
    // The client itself holds a share too.
    const needed = sharesNeeded(threshold, k + 1);
    const exposed = clients * tail(bad, k, needed);
    const lost = clients * tail(gone, k, k + 1 - needed + 1);
    // k/2 in a row of the circle must be bad or gone to part it.
    const parted = clients * Math.exp((k / 2) * Math.log(Math.min(1, corrupt + dropped)));
    if (exposed + parted <= 2 ** -secrecy && lost <= 2 ** -success) return k;
  }
  return Math.min(all, mostShares - 1);
}
