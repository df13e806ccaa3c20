import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAll } from '../../../lib/update/codecs/registry';
import type { ModelHeader, UpdateHeader } from '../../../lib/update/message';
import { modelMessage, numbersOf, SIZE, TENSORS, type UpdateMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Runtime, startRuntime } from '../runtime';
import { modelNode, readSmall } from '../small-model';

/** 4 to 3 to 2, as the messages are of. */
const network = modelNode({
  inputShape: '4',
  features: '',
  layers: [{ type: 'dense', units: 3, activation: 'relu', useBias: true, initializer: 'glorot_uniform' }],
  outputs: '2',
});

const flow = (settings: Record<string, unknown> = {}) => [
  { id: 'f', type: 'tab' },
  network,
  { id: 'p', type: 'fl-prune', z: 'f', model: 'm', wires: [['down'], ['up']], ...settings },
  { id: 'down', type: 'sink', z: 'f' },
  { id: 'up', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];

describe('fl-prune', () => {
  let runtime: Runtime;
  let userDir = '';
  let fingerprint = '';
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'fl-prune-'));
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  const start = async (settings: Record<string, unknown> = {}): Promise<void> => {
    runtime = await startRuntime(['model', 'prune'], flow(settings), userDir);
    const { layout, fingerprint: own } = await readSmall(network);
    assert.deepEqual(
      layout.tensors.map(({ size, channels }) => [size, channels]),
      TENSORS,
    );
    fingerprint = own;
  };
  const through = async (sink: 'down' | 'up', msg: object): Promise<UpdateMessage> => {
    const before = runtime.received(sink).length;
    runtime.send('p', { ...msg });
    await runtime.next(sink, () => runtime.received(sink).length > before);
    return runtime.received(sink).at(-1) as unknown as UpdateMessage;
  };
  const model = (header: Partial<ModelHeader> = {}) => modelMessage(wave(), { model: fingerprint, ...header });
  const answer = (header: Partial<UpdateHeader> = {}) =>
    update(new Float32Array(SIZE).fill(0.5), { model: fingerprint, ...header });

  it('prunes models on their way down and updates on their way up, over a restart of Node-RED too', async () => {
    const settings = { sparsity: '50', begin: '1', end: '1' };
    await start(settings);
    const down = await through('down', model());
    const zeros = numbersOf(down.payload).flatMap((value, i) => (value === 0 ? [i] : []));
    // Six of the 12 numbers of the first kernel, three of the second; the status counts all 23.
    const least = (from: number, size: number): number[] =>
      Array.from({ length: size }, (_, i) => from + i)
        .sort((a, b) => Math.abs(wave()[a]) - Math.abs(wave()[b]))
        .slice(0, size / 2);
    assert.deepEqual(
      zeros,
      [...least(0, 12), ...least(15, 6)].sort((a, b) => a - b),
    );
    assert.match((await runtime.statusIs('p', (s) => s.fill === 'green')).text ?? '', /39\.1 % pruned/);
    const up = await through('up', answer());
    const back = decodeAll(up.payload, up.fl.codecs, TENSORS);
    for (const [i, value] of wave().entries()) {
      const expected = zeros.includes(i) ? -Math.fround(value) : 0.5;
      assert.ok(Math.abs(back[i] - expected) < 0.01, `number ${i}`);
    }
    await runtime.close();
    await start(settings);
    const later = await through('up', answer({ round: 2, attempt: 'a2' }));
    assert.equal(later.payload.length, 3 + 4 * (SIZE - zeros.length));
    assert.deepEqual(
      [...decodeAll(later.payload, later.fl.codecs, TENSORS)],
      wave().map((_, i) => (zeros.includes(i) ? 0 : 0.5)),
    );
  });

  it('takes whole units of the hidden layer, with their biases', async () => {
    await start({ method: 'structured', sparsity: '34', begin: '1', end: '1' });
    const numbers = numbersOf((await through('down', model())).payload);
    const kernel = numbers.slice(0, 12);
    const gone = [0, 1, 2].filter((unit) => kernel.every((value, i) => i % 3 !== unit || value === 0));
    assert.equal(gone.length, 1);
    assert.equal(numbers.filter((value) => value === 0).length, 5);
    assert.equal(numbers[12 + gone[0]], 0);
  });

  it('lets all else pass in its direction', async () => {
    await start();
    const base = { federation: 'factory', model: fingerprint, round: 1 };
    for (const fl of [
      { kind: 'invite', ...base, cohort: 'all' },
      { kind: 'statistics-request', ...base, attempt: 'a', cohort: 'all', deadlineMs: 1 },
    ]) {
      assert.deepEqual((await through('down', { payload: Buffer.alloc(0), fl })).fl, fl);
    }
    for (const fl of [
      { kind: 'join', ...base, client: 'x', samples: 4 },
      { kind: 'decline', ...base, attempt: 'a', client: 'x', reason: 'Not now.' },
    ]) {
      assert.deepEqual((await through('up', { payload: Buffer.alloc(0), fl })).fl, fl);
    }
    // Before the first round of pruning models and updates are as they were.
    assert.deepEqual(numbersOf((await through('down', model())).payload), numbersOf(model().payload));
    const up = await through('up', answer());
    assert.deepEqual([up.payload, up.fl.codecs], [answer().payload, []]);
  });

  it('says what it waits for, what is missing, and what does not go together', async () => {
    runtime = await startRuntime(['model', 'prune'], [{ id: 'p', type: 'fl-prune' }], userDir);
    assert.equal((await runtime.statusIs('p', ({ text }) => text === 'choose a model')).fill, 'yellow');
    await runtime.close();
    const said = async (settings: Record<string, unknown>, msg: () => object): Promise<string> => {
      await start(settings);
      runtime.send('p', { ...msg() });
      const { error } = (await runtime.next('caught')) as { error?: { message: string } };
      assert.equal(runtime.received('down').length + runtime.received('up').length, 0);
      return error?.message ?? '';
    };
    assert.match(await said({ begin: '5', end: '4' }, model), /no earlier than it begins/);
    await runtime.close();
    assert.match(await said({ sparsity: '100' }, model), /"sparsity"/);
    await runtime.close();
    assert.match(await said({}, () => model({ model: 'cd'.repeat(32) })), /same fl-model/);
    await runtime.close();
    assert.match(await said({}, () => model({ local: { name: 'feddyn', alpha: 1 } })), /choose fedavg/);
  });

  it('survives thousands of mutated messages, and lets out no model that it did not prune', async () => {
    await start({ sparsity: '50', begin: '1', end: '1' });
    for (const msg of mutated([answer(), model()], 3000, 1)) runtime.send('p', msg);
    runtime.send('p', answer({ client: 'last' }));
    await runtime.next('up', (msg) => (msg.fl as { client?: string } | undefined)?.client === 'last');
    assert.equal(isPolluted(), false);
    for (const { fl, payload } of runtime.received('down') as unknown as { fl: ModelHeader; payload: Buffer }[]) {
      if (fl?.kind !== 'model' || fl.personal !== undefined) continue;
      assert.ok(numbersOf(payload).filter((value) => value === 0).length >= 9);
    }
  });
});
