import assert from 'node:assert/strict';
import { generateKeys } from '../../../lib/update/wire';
import { modelMessage } from '../messages';
import { type Received, type Runtime, startRuntime } from '../runtime';

const flow = (mask: Record<string, unknown>) => [
  { id: 'f', type: 'tab' },
  { id: 'm', type: 'fl-secure-mask', z: 'f', wires: [['up'], ['told']], ...mask },
  { id: 'up', type: 'sink', z: 'f' },
  { id: 'told', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
const secure = { threshold: 0.5, neighbours: 2, clip: 1, range: 1000, signed: true };
const join = (client: string) => {
  const { federation, model, round } = modelMessage([]).fl;
  return { fl: { kind: 'join', federation, model, round, client, samples: 9 }, payload: Buffer.alloc(0) };
};

describe('fl-secure-mask with a key', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());
  const { privateKey, publicKey } = generateKeys();
  const signing = { sign: true, signAs: 'plant-1', trusted: [{ client: 'plant-1', key: publicKey }] };

  const start = async (mask: Record<string, unknown>, key?: string): Promise<void> => {
    runtime = await startRuntime(['secure-mask'], flow(mask), undefined, key ? { m: { privateKey: key } } : {});
  };

  it('signs the keys of its client, and declines for any other', async () => {
    await start(signing, privateKey);
    for (const client of ['plant-1', 'plant-2']) runtime.send('m', join(client));
    runtime.send('m', modelMessage(new Float32Array(23), { secure }));
    const told = await runtime.next('up', (msg) => msg.fl?.kind === 'secure');
    assert.equal(told.fl?.client, 'plant-1');
    assert.equal((told.payload as Buffer).length, 128);
    const declined = await runtime.next('up', (msg) => msg.fl?.kind === 'decline');
    assert.equal(declined.fl?.client, 'plant-2');
    assert.match(String(declined.fl?.reason), /"plant-2" cannot sign with the key of "plant-1"/);
  });

  it('takes no part in a sum without signatures', async () => {
    await start(signing, privateKey);
    runtime.send('m', join('plant-1'));
    runtime.send('m', modelMessage(new Float32Array(23), { secure: { ...secure, signed: false } }));
    const declined = await runtime.next('up', (msg) => msg.fl?.kind === 'decline');
    assert.match(String(declined.fl?.reason), /choose signed sums in fl-aggregator/);
  });

  it('says what is missing of its keys', async () => {
    for (const [mask, key, words] of [
      [signing, undefined, /no private key/],
      [{ ...signing, signAs: '' }, privateKey, /"Sign as" is empty/],
      [{ ...signing, trusted: [] }, privateKey, /no key is trusted/],
    ] as const) {
      await start(mask, key);
      await runtime.statusIs('m', (s) => s.fill === 'red');
      runtime.send('m', join('plant-1'));
      await runtime.next('caught', (msg) => words.test(sentence(msg)));
      await runtime.close();
    }
    await start(signing, privateKey);
  });
});
