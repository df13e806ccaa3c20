/** Which clients are attacked: named, or drawn by lot. */
import { generator } from '../random/generator';

export type Attacked = { ids: readonly string[] } | { share: number; seed: number };

/** The lot of a client, in [0, 1): depends on its id and the seed alone, so that two nodes on one way draw the same. */
const lotOf = (client: string, seed: number): number => generator(seed, 'attacked', client).uniform();

/** Drawn one by one, since nobody knows who will come: the share holds on average, and the list exactly. */
export function isAttacked(client: string, attacked: Attacked): boolean {
  return 'ids' in attacked ? attacked.ids.includes(client) : lotOf(client, attacked.seed) < attacked.share;
}

/** Of clients that are all known: exactly round(share n) of them, those with the least lots; sorted. */
export function drawAttacked(clients: readonly string[], share: number, seed: number): string[] {
  const lots = clients.map((client) => [lotOf(client, seed), client] as const);
  lots.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
  return lots
    .slice(0, Math.round(share * clients.length))
    .map(([, client]) => client)
    .sort();
}
