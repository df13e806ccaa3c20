/** What encoder and decoder share: the frame around the CBOR item, and how the payload is typed. */
import type { Header } from '../message';

/** 0xff is in no UTF-8 text, so that no transport takes the bytes for one; then "FLW" and the version. */
export const prefix = Buffer.of(0xff, 0x46, 0x4c, 0x57, 0x01);
export const checksumLength = 4;

/** Array of 2: header, payload. */
export const pairOpening = 0x82;
/** null, for kinds without a payload. */
export const nothing = 0xf6;

export const hasPayload = ({ kind }: Header): boolean =>
  kind === 'model' || kind === 'update' || kind === 'statistics' || kind === 'secure';

/** Tag 85: float32, 86: float64, both little-endian (RFC 8746). Empty: plain bytes, as a codec made them. */
export const typedArrayTag = (header: Header): Buffer => {
  if (header.kind === 'statistics') return Buffer.of(0xd8, 86);
  const plain = (header.kind === 'model' || header.kind === 'update') && header.codecs.length === 0;
  return plain ? Buffer.of(0xd8, 85) : Buffer.alloc(0);
};
