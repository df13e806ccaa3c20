import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { applyCodec } from '../../../../lib/update/codecs/registry';
import type { Message } from '../../../../lib/update/message';
import { decodeWire, encodeWire } from '../../../../lib/update/wire';
import { crc32 } from '../../../../lib/update/wire/crc32';
import { example, examples } from '../examples';
import { refusedLater } from '../refused';
import { framed, slowCrc32, unframed } from './frame';

const travelling = examples().filter(({ fl }) => fl.kind !== 'samples');

const coded = (): Message => {
  const { fl, payload } = example('update');
  const { payload: bytes, codecs } = applyCodec({ fl: { codecs: [], tensors: fl.tensors }, payload }, 'quantize', {
    bits: 8,
  });
  return { fl: { ...fl, codecs }, payload: bytes };
};

describe('wire format', () => {
  for (const message of travelling) {
    it(`carries a ${message.fl.kind} there and back`, async () => {
      const wire = await encodeWire(message);
      assert.deepEqual(await decodeWire(wire), { message, verified: false });
      assert.deepEqual(await encodeWire(message), wire);
    });
  }

  it('carries a quantised update', async () => {
    const message = coded();
    assert.deepEqual((await decodeWire(await encodeWire(message))).message, message);
  });

  it('is CBOR that another decoder reads', async () => {
    const { decode } = await import('cborg');
    const typed: Record<number, (content: () => unknown) => unknown> = {};
    for (const tag of [85, 86]) typed[tag] = (content) => ({ tag, bytes: Buffer.from(content() as Uint8Array) });
    for (const message of [...travelling, coded()]) {
      const wire = await encodeWire(message);
      assert.equal(wire.subarray(0, 5).toString('latin1'), '\xffFLW\x01');
      assert.equal(wire.readUInt32BE(wire.length - 4), slowCrc32(wire.subarray(0, -4)));
      const [header, payload]: unknown[] = decode(unframed(wire), { tags: typed });
      assert.deepEqual(header, message.fl);
      const { kind } = message.fl;
      const isCoded = kind === 'secure' || (kind === 'update' && message.fl.codecs.length > 0);
      if (message.payload.length === 0 && !isCoded) assert.equal(payload, null);
      else if (isCoded) assert.deepEqual(Buffer.from(payload as Uint8Array), message.payload);
      else assert.deepEqual(payload, { tag: kind === 'statistics' ? 86 : 85, bytes: message.payload });
    }
  });

  it('can never be taken for text, and does not copy a payload that it reads', async () => {
    const wire = await encodeWire(example('update'));
    assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(wire));
    const { message } = await decodeWire(wire);
    assert.equal(message.payload.buffer, wire.buffer);
  });

  it('carries a million numbers', async () => {
    const { fl } = example('model');
    const payload = Buffer.alloc(4_000_000, 1);
    const message: Message = { fl: { ...fl, tensors: [[1_000_000, 1]] }, payload };
    assert.ok((await decodeWire(await encodeWire(message))).message.payload.equals(payload));
  });

  it('has the checksum that zlib, the core and the definition have', () => {
    const bytes = Buffer.from('123456789');
    assert.equal(slowCrc32(bytes), 0xcbf43926);
    assert.equal(crc32(bytes), 0xcbf43926);
    assert.equal(createKernels().crc32(bytes), 0xcbf43926);
  });

  it('keeps samples here', async () => {
    await refusedLater('samples-stay', () => encodeWire(example('samples')), /never leave/);
    const { encode } = await import('cborg');
    await refusedLater('samples-stay', () => decodeWire(framed(encode([example('samples').fl, Buffer.alloc(32)]))));
  });

  it('leaves out what is no field of the contract', async () => {
    const message = { ...example('update'), _msgid: 'a', secret: 'b' };
    const { message: received } = await decodeWire(
      await encodeWire({ ...message, fl: { ...message.fl, ...{ note: 1 } } }),
    );
    assert.deepEqual(received, example('update'));
  });
});

describe('wire decoder', () => {
  it('says what a transport did to the bytes', async () => {
    const wire = await encodeWire(example('update'));
    await refusedLater('payload-text', () => decodeWire(wire.toString()), /a Buffer/);
    await refusedLater('payload-json', () => decodeWire(JSON.parse(JSON.stringify(wire))));
    await refusedLater('payload-missing', () => decodeWire(undefined));
    await refusedLater('wire-magic', () => decodeWire(Buffer.from('hello, is this the federation?')));
    await refusedLater('wire-magic', () => decodeWire(Buffer.alloc(0)));
    const newer = Buffer.from(wire);
    newer[4] = 2;
    await refusedLater('wire-version', () => decodeWire(newer), /version 2 .* this one 1/);
    await refusedLater('wire-checksum', () => decodeWire(wire.subarray(0, -1)));
  });

  it('notices each single flipped bit', async () => {
    const wire = await encodeWire(example('update'));
    for (let bit = 5 * 8; bit < wire.length * 8; bit += 7) {
      const bent = Buffer.from(wire);
      bent[bit >> 3] ^= 1 << (bit & 7);
      await refusedLater('wire-checksum', () => decodeWire(bent));
    }
  });

  it('takes one form of each thing only', async () => {
    const item = unframed(await encodeWire(example('join')));
    const rest = item.subarray(1, -1);
    const pair = (header: Uint8Array, payload: number[] = [0xf6]) =>
      framed(Buffer.concat([Buffer.of(0x82), header, Buffer.from(payload)]));
    assert.deepEqual((await decodeWire(pair(rest))).message, example('join'));
    const hex = (text: string): Buffer => Buffer.from(text.replace(/ /g, ''), 'hex');
    const wrong: [string, Buffer][] = [
      ['a byte too many', framed(Buffer.concat([item, Buffer.of(0)]))],
      ['a payload where none belongs', pair(rest, [0x41, 0x00])],
      ['no payload item', pair(rest, [])],
      ['an array of 3', framed(Buffer.concat([Buffer.of(0x83), rest, Buffer.of(0xf6, 0xf6)]))],
      ['a map of indefinite length', pair(hex('bf 61 61 01 ff'))],
      ['a text of indefinite length', pair(hex('a1 61 61 7f 61 61 ff'))],
      ['the same key twice', pair(hex('a2 61 61 01 61 61 02'))],
      ['a number beyond 2^53', pair(hex('a1 61 61 1b ff ff ff ff ff ff ff ff'))],
      ['a long form of a small number', pair(hex('a1 61 61 18 01'))],
      ['NaN', pair(hex('a1 61 61 f9 7e 00'))],
      ['infinity', pair(hex('a1 61 61 f9 7c 00'))],
      ['undefined', pair(hex('a1 61 61 f7'))],
      ['a tag in the header', pair(hex('a1 61 61 c1 00'))],
      ['a text that is not UTF-8', pair(hex('a1 61 61 61 ff'))],
      ['a key that is no text', pair(hex('a1 01 01'))],
      ['a map that ends early', pair(hex('a5 61 61 01'), [])],
      ['an array of 2^32 entries', pair(hex('9a ff ff ff ff'), [])],
      ['depth', pair(Buffer.concat([hex('a1 61 61'), Buffer.alloc(100, 0x81), Buffer.of(0)]))],
      ['depth without an end', pair(Buffer.alloc(1_000_000, 0x81), [])],
      ['many items', pair(Buffer.concat([hex('a1 61 61 9a 00 0f 42 40'), Buffer.alloc(1_000_000, 0)]))],
    ];
    for (const [what, wire] of wrong) {
      await refusedLater('wire-cbor', () => decodeWire(wire)).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
    }
  });

  it('wants the payload typed and measured as the header says', async () => {
    const item = unframed(await encodeWire(example('update')));
    const at = item.lastIndexOf(Buffer.of(0xd8, 85, 0x58, 64));
    const bent = (...bytes: number[]) => {
      const copy = Buffer.from(item);
      copy.set(bytes, at);
      return framed(copy);
    };
    await refusedLater('wire-cbor', () => decodeWire(bent(0xd8, 86)), /another type/);
    await refusedLater('wire-cbor', () => decodeWire(bent(0xd8, 85, 0x58, 65)), /end early/);
    await refusedLater('wire-cbor', () => decodeWire(bent(0xd8, 85, 0x58, 63)), /too many/);
    await refusedLater('wire-cbor', () => decodeWire(bent(0xd8, 85, 0x5a, 0xff, 0xff, 0xff, 0xff)), /end early/);
    const short = Buffer.concat([item.subarray(0, at), Buffer.of(0xd8, 85, 0x41, 0)]);
    await refusedLater('payload-size', () => decodeWire(framed(short)));
  });

  it('lets nothing reach a prototype', async () => {
    const { encode } = await import('cborg');
    const key = Buffer.from('\x69__proto__', 'latin1');
    const header = encode({ ...example('join').fl });
    const polluted = Buffer.concat([
      Buffer.of(header[0] + 1),
      header.subarray(1),
      key,
      Buffer.from('a168706f6c6c7574656401', 'hex'),
    ]);
    const { message } = await decodeWire(framed(Buffer.concat([Buffer.of(0x82), polluted, Buffer.of(0xf6)])));
    assert.deepEqual(message, example('join'));
    assert.ok(!('polluted' in {}) && !('polluted' in message.fl));
  });
});
