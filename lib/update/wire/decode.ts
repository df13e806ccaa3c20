/** Bytes from outside to a message, or a refusal in one sentence. The payload of the message is a view of the bytes. */
import { limits } from '../limits';
import { type Header, type Message, RefusedError } from '../message';
import { parseHeader, parseMessage, payloadOf } from '../validate';
import { broken, readByteString } from './bytes';
import { isEnvelope, readEnvelope, verifyEnvelope } from './cose';
import { crc32 } from './crc32';
import { checksumLength, hasPayload, nothing, pairOpening, prefix, typedArrayTag } from './frame';
import { decodeHeader } from './header-cbor';
import type { Trust } from './keys';

export interface Received {
  message: Message;
  /** The id that the sender signed with; absent: not signed. */
  signer?: string;
  /** Whether the signature was checked against the trust list. */
  verified: boolean;
}

const mostBytes = limits.payloadBytes + 16 * 1024 * 1024;

/** Magic, version and checksum; gives the CBOR item between them. */
function unwrap(bytes: Buffer): Buffer {
  if (bytes.length < prefix.length + 2 + checksumLength || !bytes.subarray(0, 4).equals(prefix.subarray(0, 4))) {
    throw new RefusedError(
      'wire-magic',
      'These bytes do not come from an fl-wire node: put one at the other end, and let nothing change the bytes between them.',
    );
  }
  if (bytes.length > mostBytes) throw new RefusedError('wire-size', 'These bytes are more than any message has.');
  if (bytes[4] !== prefix[4]) {
    throw new RefusedError(
      'wire-version',
      `The other end speaks version ${bytes[4]} of the wire format and this one ${prefix[4]}: update the older palette.`,
    );
  }
  const end = bytes.length - checksumLength;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
    throw new RefusedError(
      'wire-checksum',
      'The bytes were changed or cut on their way: check that the transport keeps them binary and whole.',
    );
  }
  return bytes.subarray(prefix.length, end);
}

async function readContent(content: Buffer): Promise<Message> {
  if (content[0] !== pairOpening) return broken('header and payload are missing');
  const { header, rest } = await decodeHeader(content.subarray(1));
  const fl = parseHeader(header);
  if (fl.kind === 'samples') {
    throw new RefusedError('samples-stay', 'Samples must not come over the wire: they stay where they were taken.');
  }
  if (!hasPayload(fl)) {
    if (rest.length !== 1 || rest[0] !== nothing) return broken('there is a payload where none belongs');
    return { fl, payload: Buffer.alloc(0) };
  }
  const tag = typedArrayTag(fl);
  if (!rest.subarray(0, tag.length).equals(tag)) return broken('the payload is of another type than its header says');
  const { content: payload, next } = readByteString(rest, tag.length);
  if (next !== rest.length) return broken('there are bytes too many');
  return parseMessage({ fl, payload });
}

/** Who alone may have signed a message: its own client, or the aggregator for what clients do not send. */
const senderOf = (fl: Header, trust: Trust): string | undefined => ('client' in fl ? fl.client : trust.aggregator);

function requireSender(fl: Header, signer: string, trust: Trust): void {
  const sender = senderOf(fl, trust);
  if (sender === signer) return;
  throw new RefusedError(
    'wrong-signer',
    `The message of "${sender}" is signed by "${signer}", who may not speak for others.`,
  );
}

async function decode(input: unknown, trust: Trust | undefined): Promise<Received> {
  const item = unwrap(payloadOf(input));
  if (!isEnvelope(item)) {
    if (!trust) return { message: await readContent(item), verified: false };
    throw new RefusedError('unsigned', 'The message is not signed: give the fl-wire node at the other end a key.');
  }
  const envelope = readEnvelope(item);
  const { keyId } = envelope;
  if (!trust) return { message: await readContent(envelope.content), signer: keyId, verified: false };
  const key = trust.keys.get(keyId);
  if (!key) {
    const id = JSON.stringify(keyId.slice(0, limits.name));
    throw new RefusedError('unknown-signer', `There is no trusted key for ${id}: add its public key to the list.`);
  }
  if (!(await verifyEnvelope(envelope, prefix, key))) {
    throw new RefusedError(
      'bad-signature',
      `The signature of "${keyId}" is wrong: it was not made with the trusted key.`,
    );
  }
  const message = await readContent(envelope.content);
  requireSender(message.fl, keyId, trust);
  return { message, signer: keyId, verified: true };
}

/**
 * With `trust` only messages signed by the trusted key of their own sender are taken. Rejects with RefusedError only:
 * 'wire-...', 'unsigned', 'unknown-signer', 'bad-signature', 'wrong-signer', 'samples-stay', and what the gate refuses.
 * A replayed message verifies again: round, attempt and client are inside what is signed, and the federation tells by them.
 */
export async function decodeWire(input: unknown, options: { trust?: Trust } = {}): Promise<Received> {
  try {
    return await decode(input, options.trust);
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    return broken('their CBOR is malformed');
  }
}
