/** Even shares of one shuffled whole: in every turn each client gets one sample, in an order of its own. */
import { generator, shuffle } from '../../random/generator';
import { checkClients, type Lot } from './spec';

export function iidLot({ clients, seed }: { clients: number; seed: number }): Lot {
  checkClients(clients);
  const random = generator(seed, 'iid');
  const turn = Array.from({ length: clients }, (_, i) => i);
  let dealt = clients;
  return () => {
    if (dealt === clients) {
      shuffle(turn, random);
      dealt = 0;
    }
    return turn[dealt++];
  };
}
