/**
 * COSE_Sign1 (RFC 9052, section 4.2) with EdDSA over Ed25519 (RFC 9053, section 2.2). The protected header is exactly
 * {1: -8, 4: key id}; the unprotected one is empty. The content stays where it is in memory.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { broken, byteStringHead, readByteString } from './bytes';

export const signatureLength = 64;

/** Tag 18, array of 4. */
const opening = Buffer.of(0xd2, 0x84);
const emptyMap = 0xa0;
const algorithmAndKeyId = Buffer.of(0xa2, 0x01, 0x27, 0x04);

const byteString = (content: Uint8Array): Buffer => Buffer.concat([byteStringHead(content.length), content]);

export const protectedHeader = (keyId: string): Buffer =>
  Buffer.concat([algorithmAndKeyId, byteString(Buffer.from(keyId))]);

/** What is signed, up to the content: ["Signature1", protected, external_aad, content]. */
export const signaturePrefix = (protectedBytes: Uint8Array, aad: Uint8Array, contentLength: number): Buffer =>
  Buffer.concat([
    Buffer.from('\x84\x6aSignature1', 'latin1'),
    byteString(protectedBytes),
    byteString(aad),
    byteStringHead(contentLength),
  ]);

/** The COSE_Sign1 item up to its content. After the content come byteStringHead(64) and the signature. */
export const envelopePrefix = (protectedBytes: Uint8Array, contentLength: number): Buffer =>
  Buffer.concat([opening, byteString(protectedBytes), Buffer.of(emptyMap), byteStringHead(contentLength)]);

/** Off the event loop: large updates take milliseconds. */
export const signContent = (toBeSigned: Buffer, key: KeyObject): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    sign(null, toBeSigned, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });

export interface Envelope {
  protectedBytes: Buffer;
  keyId: string;
  content: Buffer;
  signature: Buffer;
}

export const isEnvelope = (item: Buffer): boolean => item[0] === opening[0];

export function readEnvelope(item: Buffer): Envelope {
  if (item[1] !== opening[1]) return broken('the signed envelope is not COSE_Sign1');
  const { content: protectedBytes, next: afterProtected } = readByteString(item, opening.length);
  if (!protectedBytes.subarray(0, 4).equals(algorithmAndKeyId)) {
    return broken('the signature is not EdDSA with a key id');
  }
  const { content: keyId, next: afterKeyId } = readByteString(protectedBytes, algorithmAndKeyId.length);
  if (afterKeyId !== protectedBytes.length || keyId.length > 400) {
    return broken('the key id of the signature is malformed');
  }
  if (item[afterProtected] !== emptyMap) return broken('the signed envelope has unprotected headers');
  const { content, next } = readByteString(item, afterProtected + 1);
  const { content: signature, next: end } = readByteString(item, next);
  if (signature.length !== signatureLength || end !== item.length) return broken('the signature is malformed');
  return { protectedBytes, keyId: keyId.toString(), content, signature };
}

export function verifyEnvelope(envelope: Envelope, aad: Uint8Array, key: KeyObject): Promise<boolean> {
  const { protectedBytes, content, signature } = envelope;
  const signed = Buffer.concat([signaturePrefix(protectedBytes, aad, content.length), content]);
  return new Promise((resolve, reject) => {
    verify(null, signed, key, signature, (error, valid) => (error ? reject(error) : resolve(valid)));
  });
}
