/** X25519 (RFC 7748) as raw bytes, and what is derived from an agreement: HKDF (RFC 5869) with SHA-256. */
import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { RefusedError } from '../../refused';
import type { RandomBytes } from './shamir';

export const keyBytes = 32;
/** Of Ed25519. */
export const signatureBytes = 64;

/** What stands before the 32 bytes in PKCS #8 and SubjectPublicKeyInfo (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicHead = Buffer.from('302a300506032b656e032100', 'hex');

export interface KeyPair {
  /** 32 bytes that are shared among the holders. */
  secret: Uint8Array;
  /** 32 bytes for everybody. */
  publicKey: Buffer;
  key: KeyObject;
}

export function keyPairOf(secret: Uint8Array): KeyPair {
  const key = createPrivateKey({ key: Buffer.concat([privateHead, secret]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicHead.length);
  return { secret, publicKey, key };
}

export const newKeyPair = (random: RandomBytes): KeyPair => keyPairOf(Uint8Array.from(random(keyBytes)));

/** X25519 of both. Throws RefusedError 'secure-keys' for a key of small order. */
export function sharedSecret(own: KeyPair, other: Uint8Array): Buffer {
  try {
    // As a JSON web key it is read in half the time that DER takes.
    const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(other).toString('base64url') };
    return diffieHellman({ privateKey: own.key, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
  } catch {
    throw new RefusedError('secure-keys', 'One of the keys for the secure sum is none: that client must be left out.');
  }
}

/**
 * 32 bytes of a shared secret. `salt`: digest of the roster, so that nothing is agreed where two have been told different
 * things; `purpose` parts the uses.
 */
export const derive = (secret: Uint8Array, salt: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, purpose, keyBytes));

/** Both in one: 32 bytes that only these two have. */
export const agree = (own: KeyPair, other: Uint8Array, salt: Uint8Array, purpose: string): Buffer =>
  derive(sharedSecret(own, other), salt, purpose);

/** Whether others can agree on anything with the owner of this key: one of small order spoils the sum for all. */
export function isUsable(publicKey: Uint8Array, random: RandomBytes = randomBytes): boolean {
  try {
    sharedSecret(newKeyPair(random), publicKey);
    return true;
  } catch {
    return false;
  }
}
