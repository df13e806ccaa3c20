/** Shares on their way from one client to another: ChaCha20-Poly1305 (RFC 8439) with a key that is used once. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const tagBytes = 16;
/** Each direction of each pair has a key of its own for each asking, so the nonce need not differ. */
const nonce = Buffer.alloc(12);
const options = { authTagLength: tagBytes };

export const sealedBytes = (plain: number): number => plain + tagBytes;

export function seal(plain: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, options);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** undefined: it was not sealed with this key, or was changed. */
export function unseal(sealed: Uint8Array, key: Uint8Array): Buffer | undefined {
  if (sealed.length < tagBytes) return undefined;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, options);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
