/**
 * Signatures of a secure sum, for aggregators that may lie (Bonawitz 2017, section 6; Ed25519): of the keys, so that no
 * client is made up, and of who is left, so that all open the same sum.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { RefusedError } from '../../refused';
import type { Signer, Trust } from '../../update/wire/keys';
import { signatureBytes } from './keys';
import type { Asking, Roster } from './roster';

/** The private key of this client, and the public keys of all whom it will share a sum with. */
export interface Identity {
  signer: Signer;
  trust: Pick<Trust, 'keys'>;
}

const keysText = ({ federation, model, round, attempt }: Asking, client: string, keys: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(JSON.stringify(['fl secure keys', federation, model, round, attempt, client])), keys]);

const survivorsText = ({ digest }: Roster, survivors: readonly string[]): Buffer =>
  Buffer.concat([Buffer.from(JSON.stringify(['fl secure survivors', survivors])), digest]);

export const signKeys = ({ privateKey }: Signer, asking: Asking, client: string, keys: Uint8Array): Buffer =>
  sign(null, keysText(asking, client, keys), privateKey);

export const signSurvivors = ({ privateKey }: Signer, roster: Roster, survivors: readonly string[]): Buffer =>
  sign(null, survivorsText(roster, survivors), privateKey);

const isBy = (key: KeyObject | undefined, text: Buffer, signature: Uint8Array): boolean =>
  key !== undefined && signature.length === signatureBytes && verify(null, text, key, signature);

/** Throws RefusedError 'secure-keys' when the keys of a client are not signed by the one whom this client trusts by that name. */
export function requireSigned({ trust }: Identity, asking: Asking, { clients, keys }: Roster): void {
  for (const [i, client] of clients.entries()) {
    const { mask, share, signature } = keys[i];
    const key = trust.keys.get(client);
    if (signature && isBy(key, keysText(asking, client, Buffer.concat([mask, share])), signature)) continue;
    throw new RefusedError(
      'secure-keys',
      key
        ? `The keys of "${client}" for the secure sum are not signed by it: somebody speaks in its name.`
        : `The secure sum has "${client}" in it, whose public key is not in the trust list: add it, or leave it out.`,
    );
  }
}

/** Positions of those whose signature says that these are left: of `signers` in the order of `signatures`, others are left out. */
export function agreeing(
  { trust }: Identity,
  roster: Roster,
  survivors: readonly string[],
  signers: readonly string[],
  signatures: Buffer,
): Set<number> {
  const text = survivorsText(roster, survivors);
  const found = new Set<number>();
  for (const [i, signer] of signers.entries()) {
    const position = roster.clients.indexOf(signer);
    const signature = signatures.subarray(signatureBytes * i, signatureBytes * (i + 1));
    if (position >= 0 && isBy(trust.keys.get(signer), text, signature)) found.add(position);
  }
  return found;
}
