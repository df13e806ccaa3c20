/** What an attacker sees pass by: the global model from round to round, and how many blocks of samples a client was given. */
import { decodeAll } from '../update/codecs/registry';
import type { Message, ModelHeader } from '../update/message';

/** Federations, and clients, that are remembered at most. */
const MOST = 64;

interface Seen {
  round: number;
  weights: Float32Array;
  change?: Float32Array;
}

export interface Watch {
  hear(message: Message<ModelHeader>): void;
  /** What the last round changed in the model of this federation. */
  change(federation: string): Float32Array | undefined;
  /** Counts the blocks of a client from 0, so that each draws its own lots. */
  block(client: string): number;
}

export function createWatch(): Watch {
  const models = new Map<string, Seen>();
  const blocks = new Map<string, number>();
  return {
    hear({ fl, payload }) {
      const before = models.get(fl.federation);
      if (before?.round === fl.round || (!before && models.size >= MOST)) return;
      const weights = decodeAll(payload, fl.codecs, fl.tensors);
      const change =
        before?.weights.length === weights.length ? weights.map((value, i) => value - before.weights[i]) : undefined;
      models.set(fl.federation, { round: fl.round, weights, change });
    },
    change: (federation) => models.get(federation)?.change,
    block(client) {
      const number = blocks.get(client) ?? 0;
      if (blocks.has(client) || blocks.size < 1000 * MOST) blocks.set(client, number + 1);
      return number;
    },
  };
}
