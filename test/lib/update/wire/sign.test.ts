import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import type { Message } from '../../../../lib/update/message';
import {
  decodeWire,
  encodeWire,
  generateKeys,
  importPrivateKey,
  importPublicKey,
  publicKeyOf,
  trustList,
} from '../../../../lib/update/wire';
import { signaturePrefix, signContent } from '../../../../lib/update/wire/cose';
import { example, examples } from '../examples';
import { refused, refusedLater } from '../refused';
import { framed, unframed } from './frame';

const plant = generateKeys();
const other = generateKeys();
const center = generateKeys();
const signer = { id: 'plant-1', privateKey: importPrivateKey(plant.privateKey) };
const aggregator = { id: 'aggregator', privateKey: importPrivateKey(center.privateKey) };
const trust = trustList(
  [
    ['plant-1', plant.publicKey],
    ['plant-2', other.publicKey],
    ['aggregator', center.publicKey],
  ],
  'aggregator',
);

describe('signed wire format', () => {
  it('signs as RFC 9052 does', async () => {
    // COSE working group examples, eddsa-sig-01: key of RFC 8032 section 7.1, test 1.
    const secret = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
    const pem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    const content = Buffer.from('This is the content.');
    const signed = Buffer.concat([
      signaturePrefix(Buffer.from('a201270300', 'hex'), Buffer.alloc(0), content.length),
      content,
    ]);
    assert.equal(
      (await signContent(signed, importPrivateKey(pem))).toString('hex'),
      '7142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb87' +
        '11497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d',
    );
  });

  it('carries who signed, checked or not', async () => {
    for (const message of examples().filter(({ fl }) => fl.kind !== 'samples')) {
      const as = 'client' in message.fl ? signer : aggregator;
      const wire = await encodeWire(message, { signer: as });
      assert.deepEqual(await decodeWire(wire, { trust }), { message, signer: as.id, verified: true });
      assert.deepEqual(await decodeWire(wire), { message, signer: as.id, verified: false });
    }
  });

  it('is COSE_Sign1 that another decoder reads and another verifier verifies', async () => {
    const { decode, encode } = await import('cborg');
    const wire = await encodeWire(example('update'), { signer });
    const tags = { 18: (content: () => unknown) => content() };
    const [protectedBytes, unprotectedHeader, content, signature]: unknown[] = decode(unframed(wire), { tags });
    assert.deepEqual(unprotectedHeader, {});
    assert.deepEqual(
      decode(protectedBytes as Uint8Array, { useMaps: true }),
      new Map<number, unknown>([
        [1, -8],
        [4, new Uint8Array(Buffer.from('plant-1'))],
      ]),
    );
    const structure = encode(['Signature1', protectedBytes, wire.subarray(0, 5), content]);
    assert.ok(verify(null, structure, createPublicKey(plant.publicKey), signature as Uint8Array));
    assert.deepEqual(content, new Uint8Array(unframed(await encodeWire(example('update')))));
  });

  it('takes only what its own sender signed, unchanged', async () => {
    const message = example('update');
    const wire = await encodeWire(message, { signer });
    const decode = (bytes: Buffer) => () => decodeWire(bytes, { trust });
    await refusedLater('unsigned', decode(await encodeWire(message)));
    const item = unframed(wire);
    for (const at of [20, 60, item.length - 80, item.length - 20]) {
      const bent = Buffer.from(item);
      bent[at] ^= 1;
      await refusedLater('bad-signature', decode(framed(bent)));
    }
    const forged = { ...signer, id: 'plant-2' };
    await refusedLater('bad-signature', decode(await encodeWire(message, { signer: forged })));
    const stranger = { ...signer, id: 'plant-9' };
    await refusedLater('unknown-signer', decode(await encodeWire(message, { signer: stranger })), /plant-9/);
    const foreign: Message = { ...message, fl: { ...message.fl, client: 'plant-2' } };
    await refusedLater('wrong-signer', decode(await encodeWire(foreign, { signer })), /plant-2/);
    await refusedLater('wrong-signer', decode(await encodeWire(example('model'), { signer })), /aggregator/);
    await refusedLater('wrong-signer', decode(await encodeWire(message, { signer: aggregator })));
  });

  it('has an envelope of one form only', async () => {
    const item = unframed(await encodeWire(example('join'), { signer }));
    const bent = (at: number, byte: number) => {
      const copy = Buffer.from(item);
      copy[at] = byte;
      return () => decodeWire(framed(copy), { trust });
    };
    await refusedLater('wire-cbor', bent(1, 0x85), /COSE_Sign1/);
    await refusedLater('wire-cbor', bent(5, 0x26), /EdDSA/);
    const unprotectedAt = 3 + item[2] - 0x40;
    assert.equal(item[unprotectedAt], 0xa0);
    await refusedLater('wire-cbor', bent(unprotectedAt, 0xa1), /unprotected/);
    // One byte more in the protected header, behind the key id.
    const longer = Buffer.concat([
      Buffer.of(0xd2, 0x84, item[2] + 1),
      item.subarray(3, unprotectedAt),
      Buffer.of(0),
      item.subarray(unprotectedAt),
    ]);
    await refusedLater('wire-cbor', () => decodeWire(framed(longer), { trust }), /key id of the signature/);
    await refusedLater(
      'wire-cbor',
      () => decodeWire(framed(Buffer.concat([item, Buffer.of(0)])), { trust }),
      /malformed/,
    );
    await refusedLater('wire-cbor', () => decodeWire(framed(item.subarray(0, 40)), { trust }));
  });
});

describe('keys', () => {
  it('come as PEM, and give their public half', () => {
    assert.equal(publicKeyOf(plant.privateKey), plant.publicKey);
    assert.match(plant.privateKey, /^-----BEGIN PRIVATE KEY-----/);
  });

  it('are refused when they are of another sort, or where they do not belong', () => {
    refused('key', () => importPrivateKey('nonsense'));
    refused('key', () => importPrivateKey(plant.publicKey));
    refused('key', () => importPublicKey(plant.privateKey), /public keys only/);
    refused('key', () => importPublicKey(plant.publicKey.replace(/A/g, 'B')));
    refused(
      'key',
      () =>
        trustList(
          [
            ['a', plant.publicKey],
            ['a', other.publicKey],
          ],
          'x',
        ),
      /twice/,
    );
  });
});
