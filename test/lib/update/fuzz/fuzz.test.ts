import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import { RefusedError } from '../../../../lib/refused';
import { type QuantizeMethod, quantizeUpdate } from '../../../../lib/update/codecs/methods';
import { decodeAll } from '../../../../lib/update/codecs/registry';
import { limits } from '../../../../lib/update/limits';
import type { Message } from '../../../../lib/update/message';
import { refusals } from '../../../../lib/update/refusals';
import { parseHeader, parseMessage } from '../../../../lib/update/validate';
import { requireFinite } from '../../../../lib/update/vector';
import { decodeWire, encodeWire, generateKeys, importPrivateKey, trustList } from '../../../../lib/update/wire';
import { crc32 } from '../../../../lib/update/wire/crc32';
import { prefix } from '../../../../lib/update/wire/frame';
import { example, examples, tensors } from '../examples';
import { hostileValue, mutateBytes, mutateValue } from './mutate';

const kernels = createKernels();

const quantised = (options: QuantizeMethod): Message => {
  const { fl, payload } = example('update');
  const coded = quantizeUpdate({ fl: { codecs: [], tensors }, payload }, options, 1);
  return { fl: { ...fl, codecs: coded.codecs }, payload: coded.payload };
};

const originals = (): Message[] => [
  ...examples(),
  quantised({ bits: 8, grid: 'affine' }),
  quantised({ bits: 3, per: 'channel', grid: 'affine' }),
  quantised({ method: 'drive' }),
  quantised({ method: 'eden', bits: 3 }),
  quantised({ method: 'sign' }),
  quantised({ method: 'terngrad' }),
  quantised({ method: 'bfloat16' }),
  quantised({ method: 'qsgd', bucket: 6 }),
];

/** All that a receiver does before a message takes part in anything. */
function receive(message: unknown): Message {
  const parsed = parseMessage(message);
  const { fl, payload } = parsed;
  if (fl.kind === 'model' || fl.kind === 'update') {
    const vector = requireFinite(decodeAll(payload, fl.codecs, tensors), kernels);
    assert.equal(vector.length, 16);
  }
  return parsed;
}

/** What accepted messages always are, however they came about. */
function checkAccepted({ fl, payload }: Message): void {
  assert.equal(Object.getPrototypeOf(fl), Object.prototype);
  assert.deepEqual(parseHeader(JSON.parse(JSON.stringify(fl))), fl);
  assert.ok(Buffer.isBuffer(payload) && payload.length <= limits.payloadBytes);
  if ('round' in fl) assert.ok(Number.isInteger(fl.round) && fl.round >= 0);
  if ('samples' in fl) assert.ok(fl.samples >= 0 && fl.samples <= limits.samples);
}

class Tally {
  readonly codes = new Map<string, number>();
  accepted = 0;

  refuse(error: unknown): void {
    if (!(error instanceof RefusedError)) throw error;
    assert.ok(error.code in refusals, `an unlisted code: ${error.code}`);
    assert.ok(error.message.length < 400, error.message);
    this.codes.set(error.code, (this.codes.get(error.code) ?? 0) + 1);
  }
}

const memory = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const reframe = (item: Buffer): Buffer => {
  const body = Buffer.concat([prefix, item]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([body, checksum]);
};

describe('fuzz', () => {
  it('70,000 mutated messages are taken whole or refused', () => {
    const random = generator(1, 'fuzz messages');
    const choices = originals();
    const tally = new Tally();
    let most = 0;
    const before = memory();
    for (let i = 0; i < 70_000; i++) {
      const original = choices[i % choices.length];
      const message: { fl: unknown; payload: unknown } = {
        fl: structuredClone(original.fl),
        payload: Buffer.from(original.payload),
      };
      for (let changes = 1 + random.below(3); changes > 0; changes--) {
        const which = random.below(10);
        if (which === 0) message.payload = hostileValue(random);
        else if (which === 1) message.fl = hostileValue(random);
        else if (which < 4 && Buffer.isBuffer(message.payload)) message.payload = mutateBytes(message.payload, random);
        else if (typeof message.fl === 'object' && message.fl !== null) mutateValue(message.fl, random);
      }
      try {
        checkAccepted(receive(message));
        tally.accepted++;
      } catch (error) {
        tally.refuse(error);
      }
      if (i % 1000 === 0) most = Math.max(most, memory() - before);
    }
    assert.ok(!('polluted' in {}));
    assert.ok(most < 200e6, `${most} bytes`);
    // The mutations do reach everything: some are harmless, and each refusal of this gate occurs.
    assert.ok(tally.accepted > 1000);
    for (const code of [
      'header',
      'unknown-kind',
      'no-header',
      'payload-size',
      'payload-type',
      'not-finite',
      'codec-parameters',
    ]) {
      assert.ok((tally.codes.get(code) ?? 0) > 10, `${code} hardly occurs`);
    }
  });

  it('30,000 mutated wire buffers are taken whole or refused', async () => {
    const random = generator(2, 'fuzz wire');
    const { privateKey, publicKey } = generateKeys();
    const signer = { id: 'plant-1', privateKey: importPrivateKey(privateKey) };
    const trust = trustList([['plant-1', publicKey]], 'plant-1');
    const travelling = originals().filter(({ fl }) => fl.kind !== 'samples');
    const plain = await Promise.all(travelling.map((message) => encodeWire(message)));
    const signed = await Promise.all(travelling.map((message) => encodeWire(message, { signer })));
    const tally = new Tally();
    let forged = 0;
    let most = 0;
    const before = memory();
    for (let i = 0; i < 30_000; i++) {
      const isSigned = i % 8 === 0;
      const wires = isSigned ? signed : plain;
      const wire = wires[random.below(wires.length)];
      // Mostly with a checksum that is right again, so that what is behind it is reached.
      const mutated = i % 10 === 1 ? mutateBytes(wire, random) : reframe(mutateBytes(wire.subarray(5, -4), random));
      try {
        const received = await decodeWire(mutated, isSigned || i % 16 === 1 ? { trust } : {});
        checkAccepted(received.message);
        tally.accepted++;
        // Only what was signed passes: a mutation that changed nothing.
        if (isSigned && !wires.some((original) => original.equals(mutated))) forged++;
      } catch (error) {
        tally.refuse(error);
      }
      if (i % 1000 === 0) most = Math.max(most, memory() - before);
    }
    assert.equal(forged, 0);
    assert.ok(most < 200e6, `${most} bytes`);
    assert.ok(tally.accepted > 100);
    for (const code of ['wire-magic', 'wire-checksum', 'wire-cbor', 'header', 'bad-signature', 'unsigned']) {
      assert.ok((tally.codes.get(code) ?? 0) > 10, `${code} hardly occurs`);
    }
  });
});
