/** What releases cost a client, in the terms of each accountant, and epsilon of it. */
import type { Accountant } from './accountant';
import { isSameTree, type LedgerEntry, type TreeEntry } from './events';
import { exponentialRho, rdpExponential } from './exponential';
import { gaussianEpsilon } from './gaussian';
import { limitMuSquared } from './gdp';
import { type LossEvent, pldEpsilon } from './pld';
import { defaultOrders, epsilonOf, rdpCurve } from './rdp';
import { treeSensitivity } from './tree';

export interface Cost {
  /** Rényi divergences at the default orders. */
  rdp: readonly number[];
  /** Square of sensitivity over standard deviation, of what is a Gaussian mechanism by itself; else absent. */
  muSquared?: number;
  /** The same in the limit of many releases, which is no bound. */
  limit: number;
  /** For a distribution of losses. */
  losses: LossEvent;
}

/** So many times. */
export const timesCost = ({ rdp, muSquared, limit, losses }: Cost, count: number): Cost => ({
  rdp: rdp.map((value) => value * count),
  ...(muSquared === undefined ? {} : { muSquared: muSquared * count }),
  limit: limit * count,
  losses: { ...losses, count: losses.count * count },
});

const gaussianCost = (muSquared: number): Cost => ({
  rdp: defaultOrders.map((order) => (order * muSquared) / 2),
  muSquared,
  limit: muSquared,
  losses: { noiseMultiplier: muSquared ** -0.5, samplingRate: 1, count: 1 },
});

function costOf(entry: Exclude<LedgerEntry, TreeEntry>): Cost {
  const { count } = entry;
  if (entry.mechanism === 'exponential') {
    const { epsilon } = entry;
    const rdp = defaultOrders.map((order) => count * rdpExponential(epsilon, order));
    return { rdp, limit: 2 * count * exponentialRho(epsilon), losses: { epsilon, count } };
  }
  const { noiseMultiplier, samplingRate } = entry;
  if (samplingRate === 1) return gaussianCost(count / noiseMultiplier ** 2);
  return {
    rdp: rdpCurve(noiseMultiplier, samplingRate, count).rdp,
    limit: limitMuSquared(noiseMultiplier, samplingRate, count),
    losses: { noiseMultiplier, samplingRate, count },
  };
}

/** What all of these releases cost this client; without a client: anyone of whom no entry says anything. */
export function costsOf(entries: readonly LedgerEntry[], client?: string): Cost[] {
  const costs: Cost[] = [];
  const trees: TreeEntry[] = [];
  for (const entry of entries) {
    if ('client' in entry && entry.client !== undefined && entry.client !== client) continue;
    if (entry.mechanism !== 'tree') {
      costs.push(costOf(entry));
      continue;
    }
    const same = trees.findIndex((other) => isSameTree(other, entry));
    if (same < 0) trees.push(entry);
    else trees[same] = { ...entry, leaves: [...trees[same].leaves, ...entry.leaves] };
  }
  for (const { levels, leaves, noiseMultiplier } of trees) {
    costs.push(gaussianCost(treeSensitivity(levels, leaves) / noiseMultiplier ** 2));
  }
  return costs;
}

/**
 * Epsilon of all together: the least that is proved by Rényi divergences, exactly where nothing but Gaussian mechanisms was released, and
 * with 'pld' by the distribution of the losses. With 'gdp' an approximation, which may be too low.
 */
export function epsilonOfCosts(costs: readonly Cost[], delta: number, accountant: Accountant): number {
  if (costs.length === 0) return 0;
  if (accountant === 'gdp') return gaussianEpsilon(Math.sqrt(costs.reduce((sum, { limit }) => sum + limit, 0)), delta);
  const rdp = defaultOrders.map((_, i) => costs.reduce((sum, cost) => sum + cost.rdp[i], 0));
  const { epsilon } = epsilonOf({ orders: defaultOrders, rdp }, delta);
  if (costs.every((cost) => cost.muSquared !== undefined)) {
    const sum = costs.reduce((total, cost) => total + (cost.muSquared ?? 0), 0);
    return Math.min(epsilon, gaussianEpsilon(Math.sqrt(sum), delta));
  }
  if (accountant === 'rdp') return epsilon;
  return Math.min(
    epsilon,
    pldEpsilon(
      costs.map(({ losses }) => losses),
      delta,
    ),
  );
}
