/**
 * A message as one Buffer (docs/wire-format.md): magic and version, CBOR [header, payload], perhaps inside COSE_Sign1, and
 * a CRC-32. The payload is copied once, into the result.
 */
import { type Message, RefusedError } from '../message';
import { parseMessage } from '../validate';
import { byteStringHead } from './bytes';
import { envelopePrefix, protectedHeader, signatureLength, signaturePrefix, signContent } from './cose';
import { crc32 } from './crc32';
import { checksumLength, hasPayload, nothing, pairOpening, prefix, typedArrayTag } from './frame';
import { encodeHeader } from './header-cbor';
import type { Signer } from './keys';

const signatureHead = byteStringHead(signatureLength);

/** Rejects with RefusedError: 'samples-stay' (personal models too), and what parseMessage refuses. */
export async function encodeWire(message: Message, options: { signer?: Signer } = {}): Promise<Buffer> {
  const { fl, payload } = parseMessage(message);
  if (fl.kind === 'samples') {
    throw new RefusedError(
      'samples-stay',
      'Samples never leave this gateway: wire them to a client here, not to fl-wire.',
    );
  }
  if (fl.kind === 'model' && fl.personal !== undefined) {
    throw new RefusedError(
      'samples-stay',
      'A personal model tells of the samples that it has learned, and stays on its gateway: wire it to fl-predict, not to fl-wire.',
    );
  }
  const head = await encodeHeader(fl);
  const payloadHead = hasPayload(fl)
    ? Buffer.concat([typedArrayTag(fl), byteStringHead(payload.length)])
    : Buffer.of(nothing);
  const contentLength = 1 + head.length + payloadHead.length + payload.length;

  const { signer } = options;
  const protectedBytes = signer ? protectedHeader(signer.id) : undefined;
  const before = protectedBytes ? Buffer.concat([prefix, envelopePrefix(protectedBytes, contentLength)]) : prefix;
  // What is signed begins otherwise than what is sent: its beginning stands before the content while it is signed.
  const signedBefore = protectedBytes ? signaturePrefix(protectedBytes, prefix, contentLength) : Buffer.alloc(0);
  const start = Math.max(before.length, signedBefore.length);
  const end = start + contentLength;
  const bytes = Buffer.allocUnsafe(end + (signer ? signatureHead.length + signatureLength : 0) + checksumLength);

  bytes[start] = pairOpening;
  bytes.set(head, start + 1);
  bytes.set(payloadHead, start + 1 + head.length);
  bytes.set(payload, end - payload.length);
  if (signer) {
    bytes.set(signedBefore, start - signedBefore.length);
    const signature = await signContent(bytes.subarray(start - signedBefore.length, end), signer.privateKey);
    bytes.set(signatureHead, end);
    bytes.set(signature, end + signatureHead.length);
  }
  bytes.set(before, start - before.length);
  const wire = bytes.subarray(start - before.length);
  wire.writeUInt32BE(crc32(wire.subarray(0, -checksumLength)), wire.length - checksumLength);
  return wire;
}
