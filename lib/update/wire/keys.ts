/** Ed25519 keys as PEM, and the list of those that are trusted. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { RefusedError } from '../message';

export interface Signer {
  /** The client id that the receivers know this key by. */
  id: string;
  privateKey: KeyObject;
}

export interface Trust {
  /** Public keys by client id. */
  keys: ReadonlyMap<string, KeyObject>;
  /** The id whose key signs what comes from the aggregator. */
  aggregator: string;
}

/** PKCS #8 and SubjectPublicKeyInfo (RFC 8410) as PEM. */
export function generateKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

function imported(read: () => KeyObject, what: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // What OpenSSL says helps nobody; the sentence below does.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new RefusedError('key', `The ${what} key must be an Ed25519 key in PEM form.`);
}

export const importPrivateKey = (pem: string): KeyObject => imported(() => createPrivateKey(pem), 'private');

/** A private key is refused here: who keeps it in a list of public keys gives it away. */
export const importPublicKey = (pem: string): KeyObject => {
  if (pem.includes('PRIVATE')) throw new RefusedError('key', 'The list of trusted keys must hold public keys only.');
  return imported(() => createPublicKey(pem), 'public');
};

/** The public half of a private key as PEM, to be handed to the others. */
export const publicKeyOf = (privatePem: string): string =>
  createPublicKey(importPrivateKey(privatePem)).export({ type: 'spki', format: 'pem' }).toString();

export function trustList(entries: Iterable<[id: string, publicPem: string]>, aggregator: string): Trust {
  const keys = new Map<string, KeyObject>();
  for (const [id, pem] of entries) {
    if (keys.has(id)) throw new RefusedError('key', `The list of trusted keys has "${id}" twice.`);
    keys.set(id, importPublicKey(pem));
  }
  return { keys, aggregator };
}
