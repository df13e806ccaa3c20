/**
 * Every code with which messages, codecs, wire format and privacy refuse, and what it means; docs/messages.md holds the
 * same table. Codes are stable: they are counted, shown and filtered by.
 */
export const refusals = {
  message: 'There is no message, or reading it throws.',
  'no-header': 'msg.fl is missing: a message from elsewhere, or one packed inside msg.payload.',
  'unknown-kind': 'msg.fl.kind is none of the kinds.',
  header: 'A field of msg.fl is missing, of another type or out of range; the message names it.',
  'payload-missing': 'The kind has a payload and there is none.',
  'payload-text': 'A transport turned the payload into text.',
  'payload-json': 'A transport turned the payload into JSON.',
  'payload-type': 'The payload is something else than a Buffer.',
  'payload-size': 'The payload does not have exactly the bytes that its header, or the model, asks for.',
  'not-finite': 'A number is NaN or infinite, or below zero where it is a count or a square.',
  'codec-unknown': 'The payload was made with a codec that is not known here.',
  'codec-order': 'A step came after one that it cannot come after.',
  'codec-parameters': 'The parameters of a step are out of range, or its numbers cannot be coded with them.',
  masked: 'An update is masked where it would have to be read alone, or masked twice.',
  'secure-settings': 'So many clients cannot be added up, or masked, with these settings.',
  'secure-step': 'A message of a secure sum that does not belong to the step under way.',
  'secure-out': 'A secure sum goes on without this client, whose keys came too late.',
  'secure-keys': 'A list of keys that cannot be: one is missing, repeated, not the own, or wrongly signed.',
  'secure-shares': 'Shares of a secret that cannot be opened, or do not fit together.',
  'secure-few': 'Fewer clients are left than a secure sum needs.',
  'secure-twice': 'The aggregator asks again, for others: no mask of this sum is opened twice.',
  'krum-bound': 'Fewer than 2f + 3 updates for f bad ones.',
  'budget-exhausted': 'One more release would pass the privacy budget.',
  'samples-stay': 'Samples were to leave, or came from outside.',
  'wire-magic': 'The bytes are not of this wire format.',
  'wire-version': 'The bytes are of another version of it.',
  'wire-checksum': 'The bytes were changed or cut.',
  'wire-size': 'More bytes than any message has.',
  'wire-cbor': 'The CBOR is malformed, not in its one form, too deep or too long.',
  unsigned: 'A signature is asked for and there is none.',
  'unknown-signer': 'The key id is not in the trust list.',
  'bad-signature': 'The signature was not made with the trusted key, or the content was changed.',
  'wrong-signer': 'The signer is not the sender of the message.',
  key: 'A key is not Ed25519 in PEM form, or the trust list is not one.',
} as const;

export type RefusalCode = keyof typeof refusals;
