/**
 * Label skew by Dirichlet: for each class the shares of the clients are drawn once from Dirichlet(alpha, ..., alpha), and
 * each sample of it goes to a client by lot (Yurochkin et al. 2019, arXiv:1905.12022; the concentration is that of Hsu et
 * al. 2019, arXiv:1909.06335, who draw the classes of each client instead). Small alpha, unlike clients.
 */
import { generator } from '../../random/generator';
import { dirichlet } from '../dirichlet';
import { cumulated, drawFrom } from './lots';
import { checkAlpha, checkClients, classOf, type Lot } from './spec';

export function labelLot({ clients, alpha, seed }: { clients: number; alpha: number; seed: number }): Lot {
  checkClients(clients);
  checkAlpha(alpha);
  const shares = new Map<number, number[]>();
  const random = generator(seed, 'dirichlet');
  const sharesOf = (label: number): number[] => {
    const drawn = dirichlet(new Array<number>(clients).fill(alpha), generator(seed, 'dirichlet', label));
    const cumulative = cumulated(drawn);
    shares.set(label, cumulative);
    return cumulative;
  };
  return (sample) => {
    const label = classOf(sample, 'Dirichlet split');
    return drawFrom(shares.get(label) ?? sharesOf(label), random.uniform());
  };
}
