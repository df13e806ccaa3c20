import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import helper from 'node-red-node-test-helper';
import { encodeSamples } from '../../../lib/data/samples-message';
import { keyBody, toPem } from '../../../nodes/shared/pem';
import type { Settings } from '../../../nodes/shared/red';
import { readOptions } from '../../../nodes/wire/options';
import { floats, modelMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';

const flow = (here: Record<string, unknown> = {}, there: Record<string, unknown> = {}) => [
  { id: 'f', type: 'tab' },
  { id: 'w', type: 'fl-wire', z: 'f', wires: [['bytes']], ...here },
  { id: 'bytes', type: 'sink', z: 'f' },
  { id: 'v', type: 'fl-wire', z: 'f', wires: [['out']], ...there },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
const pairOf = () =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
const settings = (fields: Record<string, unknown>): Settings => ({
  id: 'w',
  type: 'fl-wire',
  name: '',
  z: '',
  ...fields,
});

describe('fl-wire', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('turns a message into bytes and back, and keeps the rest', async () => {
    runtime = await startRuntime(['wire'], flow());
    await runtime.statusIs('w', (s) => s.fill === 'yellow');
    runtime.send('w', { ...update(), topic: 'fl/plant-1', note: 'kept' });
    const packed = await runtime.next('bytes');
    assert.ok(Buffer.isBuffer(packed.payload));
    assert.equal(packed.fl, undefined);
    assert.deepEqual(
      [packed.topic, packed.note, packed.contentType],
      ['fl/plant-1', 'kept', 'application/octet-stream'],
    );
    runtime.send('v', { ...packed });
    const out = await runtime.next('out');
    assert.deepEqual(out.fl, update().fl);
    assert.deepEqual(out.payload, floats(wave()));
    assert.equal(out.topic, 'fl/plant-1');
    assert.equal('signer' in out, false);
    await runtime.statusIs('v', (s) => /^in \d+ B$/.test(s.text ?? ''));
  });

  it('says what to do about bytes that a transport spoilt', async () => {
    runtime = await startRuntime(['wire'], flow());
    runtime.send('w', update());
    const bytes = (await runtime.next('bytes')).payload as Buffer;
    const spoilt: [unknown, RegExp][] = [
      [bytes.toString(), /text.*"a Buffer"/],
      [bytes.toJSON(), /JSON.*"a Buffer"/],
      [bytes.subarray(0, -7), /changed or cut/],
      [Buffer.concat([bytes.subarray(0, 4), Buffer.of(9), bytes.subarray(5)]), /version 9/],
      [Buffer.from('hello, this is another format'), /do not come from an fl-wire/],
      [42, /Buffer/],
      [undefined, /missing/],
    ];
    for (const [payload, words] of spoilt) {
      runtime.send('v', { payload });
      await runtime.next('caught', (msg) => words.test(sentence(msg)));
    }
    assert.equal(runtime.received('out').length, 0);
  });

  it('does not let samples leave', async () => {
    runtime = await startRuntime(['wire'], flow());
    const block = { features: Float32Array.from([1, 2]), targets: Float32Array.from([1]), count: 1 };
    runtime.send('w', { ...encodeSamples(block, 2, 1, { split: 'train' }) });
    assert.match(sentence(await runtime.next('caught')), /never leave this gateway/);
    assert.equal(runtime.received('bytes').length, 0);
  });

  it('goes only the way that it is told to', async () => {
    runtime = await startRuntime(['wire'], flow({ direction: 'unpack' }, { direction: 'pack' }));
    runtime.send('w', update());
    await runtime.next('caught');
    runtime.send('v', { payload: Buffer.alloc(20) });
    await runtime.next('caught', (msg) => /msg\.fl is missing/.test(sentence(msg)));
  });

  it('makes keys by its route, signs, and takes only what the right key signed', async () => {
    runtime = await startRuntime(['wire'], flow());
    const made = (await helper.request().post('/fl-tinyml/wire/key').send({}).expect(200)).body;
    const asked = await helper.request().post('/fl-tinyml/wire/key').send({ privateKey: made.privateKey }).expect(200);
    assert.equal(asked.body.publicKey, made.publicKey);
    const wrong = await helper.request().post('/fl-tinyml/wire/key').send({ privateKey: 'no key' }).expect(400);
    assert.match(wrong.body.error, /Ed25519/);
    const sign = { sign: true, signAs: 'plant-1' };
    const check = { requireSignature: true, trusted: [{ client: 'plant-1', key: made.publicKey }] };
    const credentials = { w: { privateKey: made.privateKey } };
    await runtime.close();
    runtime = await startRuntime(['wire'], flow(sign, check), undefined, credentials);
    runtime.send('w', update());
    runtime.send('v', { payload: (await runtime.next('bytes')).payload, signer: 'forged' });
    const out = await runtime.next('out');
    assert.equal(out.signer, 'plant-1');
    assert.deepEqual(out.fl, update().fl);
    // In the name of another.
    runtime.send('w', update(wave(), { client: 'plant-2' }));
    const other = await runtime.next('bytes', () => runtime.received('bytes').length === 2);
    runtime.send('v', { payload: (runtime.received('bytes')[1] ?? other).payload });
    await runtime.next('caught', (msg) => /may not speak for others/.test(sentence(msg)));
    // A model is the aggregator's to send.
    runtime.send('w', modelMessage(wave()));
    await runtime.next('bytes', () => runtime.received('bytes').length === 3);
    runtime.send('v', { payload: runtime.received('bytes')[2].payload });
    await runtime.next('caught', (msg) => /message of "aggregator"/.test(sentence(msg)));
    assert.equal(runtime.received('out').length, 1);
  });

  it('takes nothing unsigned when signatures are asked for, and sends nothing when it has no key', async () => {
    const { publicKey } = pairOf();
    const check = { requireSignature: true, trusted: [{ client: 'plant-1', key: publicKey }] };
    runtime = await startRuntime(['wire'], flow({}, check));
    runtime.send('w', update());
    runtime.send('v', { payload: (await runtime.next('bytes')).payload });
    await runtime.next('caught', (msg) => /not signed/.test(sentence(msg)));
    await runtime.close();
    runtime = await startRuntime(['wire'], flow({ sign: true, signAs: 'plant-1' }));
    await runtime.next('caught', (msg) => /no private key/.test(sentence(msg)));
    runtime.send('w', update());
    await runtime.next('caught', () => runtime.received('caught').length === 2);
    assert.equal(runtime.received('bytes').length, 0);
    await runtime.statusIs('w', (s) => s.fill === 'red');
  });

  it('reads keys as people paste them, and says what is wrong with others', () => {
    const { privateKey, publicKey } = pairOf();
    for (const pasted of [privateKey, keyBody(privateKey), privateKey.replaceAll('\n', ''), ` ${privateKey}\r\n`]) {
      const { signer } = readOptions(settings({ sign: true, signAs: 'a' }), pasted);
      assert.equal(signer?.privateKey.asymmetricKeyType, 'ed25519');
    }
    assert.equal(toPem(keyBody(publicKey), 'PUBLIC'), publicKey);
    const trusting = (trusted: unknown) => () => readOptions(settings({ requireSignature: true, trusted }), undefined);
    assert.equal(trusting([{ client: 'a', key: publicKey }])().trust?.keys.size, 1);
    assert.throws(trusting([]), /no key is trusted/);
    assert.throws(trusting([{ client: 'a', key: privateKey }]), /public keys only/);
    assert.throws(trusting([{ client: 'a', key: 'x' }]), /Ed25519/);
    assert.throws(trusting([{ key: publicKey }]), /needs a client id/);
    assert.throws(trusting([null]), /needs a client id/);
    assert.throws(() => readOptions(settings({ sign: true }), privateKey), /"Sign as" is empty/);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    assert.throws(() => readOptions(settings({ sign: true, signAs: 'a' }), rsa), /Ed25519/);
  });

  it('keeps the order, large and small', async () => {
    runtime = await startRuntime(['wire'], flow());
    const large = 200_000;
    for (let i = 0; i < 20; i++) {
      const size = i % 2 === 0 ? large : 2;
      runtime.send('w', { ...update(new Float32Array(size), { tensors: [[size, 1]] }), i });
    }
    await runtime.next('bytes', ({ i }) => i === 19);
    assert.deepEqual(
      runtime.received('bytes').map(({ i }) => i),
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  it('survives thousands of mutated messages and bytes, and lets no samples or unchecked bytes by', async () => {
    const { publicKey } = pairOf();
    const check = { requireSignature: true, trusted: [{ client: 'plant-1', key: publicKey }] };
    runtime = await startRuntime(['wire'], flow({}, check));
    runtime.send('w', update());
    const { payload } = await runtime.next('bytes');
    const block = { features: Float32Array.from([1, 2]), targets: new Float32Array(0), count: 1 };
    const good = [update(), modelMessage(wave()), { payload }, { ...encodeSamples(block, 2, 0, { split: 'train' }) }];
    for (const to of ['w', 'v']) {
      let sent = 0;
      for (const msg of mutated(good, 3000, 7)) {
        runtime.send(to, msg);
        // More than a thousand at once would be turned away.
        if (++sent % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    runtime.send('w', { ...update(), last: true });
    runtime.send('v', { payload: 'the last' });
    await runtime.next('bytes', ({ last }) => last === true);
    assert.equal(isPolluted(), false);
    for (const msg of runtime.received('out')) {
      // "v" goes both ways: what is a message here went in as one, and came out as bytes.
      assert.ok(Buffer.isBuffer(msg.payload));
      assert.equal(typeof msg.fl === 'object' && msg.fl !== null, false);
    }
  });
});
