/** Who takes part in a secure sum, with which keys, and what follows from it: the graph, the holders, the digest. */
import { createHash } from 'node:crypto';
import { RefusedError } from '../../refused';
import type { SecureSettings } from '../../update/message';
import { type Graph, makeGraph } from './graph';
import { keyBytes, signatureBytes } from './keys';
import { requireRoom } from './settings';
import { sharesNeeded } from './threshold';

/** What names one secure sum: all who take part must be told the same. */
export interface Asking {
  federation: string;
  model: string;
  round: number;
  attempt: string;
  settings: SecureSettings;
}

/** Public keys of one client: of its masks, and for shares that are meant for it. */
export interface PublicKeys {
  mask: Buffer;
  share: Buffer;
  /** Of both by their owner, where that is asked. */
  signature?: Buffer;
}

export interface Roster {
  clients: readonly string[];
  keys: readonly PublicKeys[];
  /** SHA-256 over the asking, the clients and their keys: salt of all that is agreed on. */
  digest: Buffer;
  graph: Graph;
  /** For each position the positions of those who hold a share of its secrets: its neighbours and itself, ascending. */
  holders: Graph;
}

/** Bytes that each client tells of its keys. */
const toldBytes = ({ signed }: SecureSettings): number => 2 * keyBytes + (signed ? signatureBytes : 0);

export const encodeKeys = ({ mask, share, signature }: PublicKeys): Buffer =>
  Buffer.concat([mask, share, ...(signature ? [signature] : [])]);

/** Throws RefusedError 'payload-size'. */
export function decodeKeys(told: Buffer, settings: SecureSettings): PublicKeys {
  const bytes = toldBytes(settings);
  if (told.length !== bytes) {
    throw new RefusedError('payload-size', `The keys of a client have ${bytes} bytes here, not ${told.length}.`);
  }
  const keys = { mask: told.subarray(0, keyBytes), share: told.subarray(keyBytes, 2 * keyBytes) };
  return settings.signed ? { ...keys, signature: told.subarray(2 * keyBytes) } : keys;
}

function digestOf(
  { federation, model, round, attempt, settings }: Asking,
  clients: readonly string[],
  keys: Buffer,
): Buffer {
  const { threshold, neighbours, clip, range, maxSamples = 0, signed = false } = settings;
  const told = { threshold, neighbours, clip, range, maxSamples, signed };
  return createHash('sha256')
    .update(JSON.stringify(['fl secure sum 1', federation, model, round, attempt, told, clients]))
    .update(keys)
    .digest();
}

/**
 * Of the ids in their order, and their keys one after the other. Throws RefusedError: 'payload-size', 'secure-keys' when
 * one key is there twice (whose owner could be fooled with its own), 'secure-settings' when so many cannot be added up.
 */
export function makeRoster(asking: Asking, clients: readonly string[], payload: Buffer): Roster {
  const bytes = toldBytes(asking.settings);
  if (payload.length !== bytes * clients.length) {
    throw new RefusedError(
      'payload-size',
      `The keys of ${clients.length} clients have ${bytes * clients.length} bytes, not ${payload.length}.`,
    );
  }
  requireRoom(asking.settings, clients.length);
  const keys = clients.map((_, i) => decodeKeys(payload.subarray(bytes * i, bytes * (i + 1)), asking.settings));
  const seen = new Set(keys.flatMap(({ mask, share }) => [mask.toString('latin1'), share.toString('latin1')]));
  if (seen.size !== 2 * keys.length || new Set(clients).size !== clients.length) {
    throw new RefusedError('secure-keys', 'Two clients of the secure sum have one key: every key is made anew.');
  }
  const digest = digestOf(asking, clients, payload);
  const graph = makeGraph(clients.length, asking.settings.neighbours, digest);
  const holders = graph.map((near, position) => [...near, position].sort((a, b) => a - b));
  return { clients, keys, digest, graph, holders };
}

/** Shares that open a secret of the client at `position`. */
export const neededOf = ({ graph }: Roster, position: number, { threshold }: SecureSettings): number =>
  sharesNeeded(threshold, graph[position].length + 1);

/** Says for what an agreement of two is: of the mask between them, or of the way from the first to the second. */
export const purposes = {
  mask: (a: number, b: number): string => `fl mask ${Math.min(a, b)} ${Math.max(a, b)}`,
  share: (from: number, to: number): string => `fl share ${from} ${to}`,
};

/** The mask between two is added by the one that stands first in the roster, and taken away by the other. */
export const signOf = (own: number, other: number): 1 | -1 => (own < other ? 1 : -1);

/** What a client says of its own mask beforehand, so that a share of it can be told from a wrong one. */
export const commitment = (seed: Uint8Array, digest: Uint8Array): Buffer =>
  createHash('sha256').update('fl seed').update(digest).update(seed).digest();
