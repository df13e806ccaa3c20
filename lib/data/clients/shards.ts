/**
 * Label skew by shards (McMahan et al. 2017, arXiv:1602.05629, section 3): the samples sorted by class, in the order in
 * which they came within one, are cut into clients x shards pieces of the same size (but for one sample), and each client
 * gets `shards` of them by lot. With two shards most clients know two classes.
 */
import { generator, shuffle } from '../../random/generator';
import { RefusedError } from '../../refused';
import { checkClients, classOf, type Lot, type Survey } from './spec';

const MAX_SHARDS = 1000;

export function shardLot(
  { clients, shards, seed }: { clients: number; shards: number; seed: number },
  { samples, classes }: Pick<Survey, 'samples' | 'classes'>,
): Lot {
  checkClients(clients);
  if (!Number.isInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
    throw new RefusedError('clients', `The shards of a client must be a whole number from 1 to ${MAX_SHARDS}.`);
  }
  const pieces = clients * shards;
  if (samples < pieces) {
    throw new RefusedError(
      'clients',
      `${clients} clients with ${shards} shards each need ${pieces} samples, and there are ${samples}: take fewer.`,
    );
  }
  const owners = shuffle(
    Array.from({ length: pieces }, (_, piece) => Math.floor(piece / shards)),
    generator(seed, 'shards'),
  );
  /** Where the next sample of a class stands among all, sorted. */
  const next = new Map<number, number>();
  let before = 0;
  for (const label of [...classes.keys()].sort((a, b) => a - b)) {
    next.set(label, before);
    before += classes.get(label) ?? 0;
  }
  return (sample) => {
    const label = classOf(sample, 'split by shards');
    const place = next.get(label) ?? 0;
    next.set(label, place + 1);
    // The rows may have grown since they were counted.
    return owners[Math.min(pieces - 1, Math.floor((place * pieces) / samples))];
  };
}
