/**
 * Quantity skew: every sample goes to a client by lot, whatever it is, but some clients draw far more. Their shares are
 * drawn from Dirichlet(alpha, ..., alpha) (Li et al. 2022, arXiv:2102.02079), or fall as a power law: the share of the
 * r-th largest goes as r^-exponent, and which client has which rank is drawn.
 */
import { generator, shuffle } from '../../random/generator';
import { RefusedError } from '../../refused';
import { dirichlet } from '../dirichlet';
import { cumulated, drawFrom } from './lots';
import { checkAlpha, checkClients, type Lot, type QuantitySizes } from './spec';

type Quantity = QuantitySizes & { clients: number; seed: number };

/** The share of each client; their sum is 1. */
export function quantityShares(spec: Quantity): number[] {
  const { clients, seed } = spec;
  checkClients(clients);
  const random = generator(seed, 'quantity-shares');
  if (spec.sizes === 'dirichlet') {
    checkAlpha(spec.alpha);
    return dirichlet(new Array<number>(clients).fill(spec.alpha), random);
  }
  const { exponent } = spec;
  if (!(exponent >= 0 && exponent <= 10)) {
    throw new RefusedError('clients', 'The exponent must be a number from 0 to 10: 0 makes all clients of one size.');
  }
  const weights = Array.from({ length: clients }, (_, rank) => (rank + 1) ** -exponent);
  const sum = weights.reduce((a, b) => a + b, 0);
  return shuffle(
    weights.map((weight) => weight / sum),
    random,
  );
}

export function quantityLot(spec: Quantity): Lot {
  const shares = cumulated(quantityShares(spec));
  const random = generator(spec.seed, 'quantity');
  return () => drawFrom(shares, random.uniform());
}
