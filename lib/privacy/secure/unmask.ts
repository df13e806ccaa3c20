/** From the shares that those who are left have given to the masks that must be taken off the sum. */

import { agree, type KeyPair, keyBytes, keyPairOf } from './keys';
import type { Mask } from './mask';
import { commitment, neededOf, purposes, type Roster, signOf } from './roster';
import type { ServerState } from './server-state';
import { recover, type Share } from './shamir';

export type Found = { masks: Iterable<Mask> } | { masks?: undefined; code: string; reason: string };

/** For each position whose secret is needed, the shares of it. */
function sharesOf({ dealt, given }: ServerState, roster: Roster): Map<number, Share[]> {
  const shares = new Map<number, Share[]>();
  for (const [from, payload] of given) {
    const of = roster.holders[from].filter((holder) => dealt.has(holder));
    for (const [i, owner] of of.entries()) {
      const share = {
        x: roster.holders[owner].indexOf(from) + 1,
        y: payload.subarray(keyBytes * i, keyBytes * (i + 1)),
      };
      const known = shares.get(owner);
      if (known) known.push(share);
      else shares.set(owner, [share]);
    }
  }
  return shares;
}

/** All masks that are on the sum, turned round; or why they cannot be had (yet). */
export function unmask(state: ServerState, roster: Roster): Found {
  const { asking, dealt, masked, given } = state;
  const needed = (owner: number): number => neededOf(roster, owner, asking.settings);
  const near = (owner: number): number[] => roster.graph[owner].filter((other) => masked.has(other));
  const owners = [...dealt.keys()].filter((owner) => masked.has(owner) || near(owner).length > 0);
  for (const owner of owners) {
    const count = roster.holders[owner].filter((holder) => given.has(holder)).length;
    if (count >= needed(owner)) continue;
    const reason = `Only ${count} of those who hold the masks of "${roster.clients[owner]}" gave their shares, and ${needed(owner)} are needed.`;
    return { code: 'secure-few', reason };
  }
  const shares = sharesOf(state, roster);
  const seeds: Uint8Array[] = [];
  const keys = new Map<number, KeyPair>();
  for (const owner of owners) {
    const some = shares.get(owner) ?? [];
    if (masked.has(owner)) {
      const expected = dealt.get(owner)?.commitment;
      const isRight = (seed: Uint8Array): boolean => expected?.equals(commitment(seed, roster.digest)) ?? false;
      const seed = recover(some, needed(owner), isRight);
      if (!seed) return misfit(roster, owner);
      seeds.push(seed);
      continue;
    }
    const isRight = (secret: Uint8Array): boolean => keyPairOf(secret).publicKey.equals(roster.keys[owner].mask);
    const secret = recover(some, needed(owner), isRight);
    if (!secret) return misfit(roster, owner);
    keys.set(owner, keyPairOf(secret));
  }
  return { masks: masksOn(roster, seeds, keys, near) };
}

function* masksOn(
  roster: Roster,
  seeds: readonly Uint8Array[],
  keys: ReadonlyMap<number, KeyPair>,
  near: (owner: number) => number[],
): Generator<Mask> {
  for (const seed of seeds) yield { seed, sign: -1 };
  for (const [owner, key] of keys) {
    for (const other of near(owner)) {
      const seed = agree(key, roster.keys[other].mask, roster.digest, purposes.mask(owner, other));
      // As the other has put it on, turned round.
      yield { seed, sign: signOf(owner, other) };
    }
  }
}

const misfit = ({ clients }: Roster, owner: number): Found => ({
  code: 'secure-shares',
  reason: `The shares of the masks of "${clients[owner]}" do not fit together: it, or those who hold them, do not tell the truth.`,
});
