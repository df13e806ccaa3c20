import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAll } from '../../../lib/update/codecs/registry';
import type { UpdateHeader } from '../../../lib/update/message';
import { floats, modelMessage, SIZE, TENSORS, type UpdateMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Runtime, startRuntime } from '../runtime';

const flow = (settings: Record<string, unknown> = {}) => [
  { id: 's', type: 'fl-sparsify', z: 'f', wires: [['out']], ...settings },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'f', type: 'tab' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const read = ({ payload, fl }: UpdateMessage): Float32Array => decodeAll(payload, fl.codecs, TENSORS);
const sent = (vector: Float32Array): number[] => [...vector.keys()].filter((i) => vector[i] !== 0);

describe('fl-sparsify', () => {
  let runtime: Runtime;
  let userDir = '';
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'fl-sparsify-'));
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  const next = async (
    header: Partial<UpdateHeader> = {},
    values: ArrayLike<number> = wave(),
  ): Promise<UpdateMessage> => {
    const before = runtime.received('out').length;
    runtime.send('s', update(values, header));
    await runtime.next('out', () => runtime.received('out').length > before);
    return runtime.received('out').at(-1) as unknown as UpdateMessage;
  };

  it('sends the largest tenth of each tensor as it comes from the palette, and asks to be told what counted', async () => {
    runtime = await startRuntime(['sparsify'], flow(), userDir);
    runtime.send('s', { ...update(), note: 'kept' });
    const out = (await runtime.next('out')) as unknown as UpdateMessage;
    const back = read(out);
    // Of 12, 3, 6 and 2 numbers one each.
    assert.equal(sent(back).length, 4);
    for (const i of sent(back)) assert.equal(back[i], Math.fround(wave()[i]));
    assert.equal(out.payload.length, 4 * 4 + 3);
    assert.deepEqual([out.note, out.fl.remembers], ['kept', true]);
    assert.match((await runtime.statusIs('s', (s) => s.fill === 'green')).text ?? '', /4\.8x smaller/);
  });

  it('lets what was left out go later, over a restart of Node-RED too, unless the update did not count', async () => {
    const settings = { share: '25', per: 'all' };
    runtime = await startRuntime(['sparsify'], flow(settings), userDir);
    const first = read(await next());
    const rest = Float32Array.from(wave(), (value, i) => Math.fround(value) - first[i]);
    await runtime.close();
    runtime = await startRuntime(['sparsify'], flow(settings), userDir);
    const nothing = new Float32Array(SIZE);
    const second = read(await next({ round: 2, settled: 1 }, nothing));
    const largest = [...rest.keys()].sort((a, b) => Math.abs(rest[b]) - Math.abs(rest[a])).slice(0, 6);
    assert.deepEqual(
      sent(second),
      largest.sort((a, b) => a - b),
    );
    for (const i of largest) assert.equal(second[i], rest[i]);
    // The second is lost: the same rest is due again. Then one that counted: of that the next largest.
    assert.deepEqual(read(await next({ round: 3, settled: 1 }, nothing)), second);
    const fourth = read(await next({ round: 4, settled: 3 }, nothing));
    for (const i of sent(fourth)) assert.ok(!largest.includes(i) && fourth[i] === rest[i]);
  });

  const choices: [Record<string, unknown>, numbers: number, bytes: number][] = [
    [{ method: 'top-k', share: '50', per: 'all' }, 12, 3 + 4 * 12],
    [{ method: 'threshold', threshold: '0.95', share: 'rubbish' }, wave().filter((x) => Math.abs(x) >= 0.95).length, 0],
    // A seed and four counts.
    [{ method: 'random-k', share: '50' }, 12, 20 + 4 * 12],
    [{ method: 'random-k', share: '50', per: 'all', draw: 'round' }, 12, 8 + 4 * 12],
  ];
  for (const [settings, numbers, bytes] of choices) {
    it(`has the choice of the dialogue: ${JSON.stringify(settings)}`, async () => {
      runtime = await startRuntime(['sparsify'], flow({ ...settings, feedback: 'none' }), userDir);
      const out = await next();
      assert.equal(sent(read(out)).length, numbers);
      if (bytes > 0) assert.equal(out.payload.length, bytes);
      assert.deepEqual((await next()).payload, out.payload);
      const other = await next({ client: 'plant-2' });
      // By chance each client sends others, unless the round draws for all of them.
      const isAlike = settings.draw === 'round' || settings.method !== 'random-k';
      assert.equal(other.payload.equals(out.payload), isAlike);
      assert.equal(out.fl.remembers, undefined);
      assert.equal(existsSync(join(userDir, 'fl-tinyml', 'residuals')), false);
    });
  }

  it('divides by the share what it draws, where the rest is lost, and not where it comes later', async () => {
    for (const [feedback, factor] of [
      ['none', 2],
      ['residual', 1],
    ] as const) {
      runtime = await startRuntime(['sparsify'], flow({ method: 'random-k', share: '50', feedback }), userDir);
      const back = read(await next());
      // Half of 12 and 6 numbers; of 3 two, of 2 one.
      for (const i of sent(back).filter((i) => i < 12))
        assert.equal(back[i], Math.fround(factor * Math.fround(wave()[i])));
      if (feedback === 'none') await runtime.close();
    }
  });

  it('gathers with momentum: what waits grows by more than was learned', async () => {
    runtime = await startRuntime(
      ['sparsify'],
      flow({ feedback: 'momentum', momentum: '0.5', share: '5', per: 'all' }),
      userDir,
    );
    const change = new Float32Array(SIZE).fill(0.1).fill(1, 0, 1);
    await next({}, change);
    const back = read(await next({ round: 2, settled: 1 }, new Float32Array(SIZE).fill(0.1)));
    // u = 0.1, then 0.05 + 0.1; v = 0.1 + 0.15. The one that was sent has neither.
    assert.deepEqual(sent(back), [1]);
    assert.ok(Math.abs(back[1] - 0.25) < 1e-6, `${back[1]}`);
  });

  it('sends more in the first rounds of a warm-up', async () => {
    runtime = await startRuntime(
      ['sparsify'],
      flow({ share: '1', per: 'all', warmUp: '2', feedback: 'none' }),
      userDir,
    );
    const counts: number[] = [];
    for (const round of [1, 2, 3, 9]) counts.push(sent(read(await next({ round }))).length);
    // 25 %, 5 %, then 1 % of 23, at least one.
    assert.deepEqual(counts, [6, 1, 1, 1]);
  });

  it('says on an empty canvas what it waits for', async () => {
    runtime = await startRuntime(['sparsify'], [{ id: 's', type: 'fl-sparsify' }], userDir);
    assert.equal((await runtime.statusIs('s', (s) => s.fill === 'yellow')).text, 'waiting for updates');
  });

  it('leaves models and every other message as they are', async () => {
    runtime = await startRuntime(['sparsify'], flow(), userDir);
    const model = modelMessage(wave());
    runtime.send('s', { ...model, _msgid: 'm' });
    const out = await runtime.next('out');
    assert.deepEqual([out.payload, out.fl], [floats(wave()), model.fl]);
  });

  it('refuses what is quantised already, with a sentence that says what to do', async () => {
    runtime = await startRuntime(['sparsify'], flow(), userDir);
    const quantised = { ...update(), payload: Buffer.alloc(SIZE + 16) };
    quantised.fl.codecs = [{ name: 'quantize', bits: 8, grid: 'symmetric', per: 'tensor', rounding: 'nearest' }];
    runtime.send('s', quantised);
    const caught = (await runtime.next('caught')) as { error?: { message: string } };
    assert.match(caught.error?.message ?? '', /before fl-quantize/);
  });

  for (const [field, wrong] of [
    ['share', { share: '0' }],
    ['momentum', { feedback: 'momentum', momentum: '1' }],
    ['threshold', { method: 'threshold', threshold: '0' }],
    ['warmUp', { warmUp: '-1' }],
  ] as const) {
    it(`lets nothing through with a ${field} that is wrong`, async () => {
      runtime = await startRuntime(['sparsify'], flow(wrong), userDir);
      runtime.send('s', update());
      const { error } = (await runtime.next('caught')) as { error?: { message: string } };
      assert.match(error?.message ?? '', new RegExp(`"${field}"`));
      assert.equal(runtime.received('out').length, 0);
      await runtime.statusIs('s', (s) => s.fill === 'red');
    });
  }

  it('survives thousands of mutated messages, and lets out no update that it did not thin out', async () => {
    for (const [feedback, count] of [
      ['none', 4000],
      ['residual', 300],
    ] as const) {
      runtime = await startRuntime(['sparsify'], flow({ feedback }), userDir);
      for (const msg of mutated([update(), modelMessage(wave())], count, 1)) runtime.send('s', msg);
      runtime.send('s', update(wave(), { client: 'last' }));
      await runtime.next('out', (msg) => (msg.fl as { client?: string } | undefined)?.client === 'last');
      assert.equal(isPolluted(), false);
      for (const { fl, payload } of runtime.received('out') as unknown as UpdateMessage[]) {
        if (fl?.kind !== 'update') continue;
        assert.equal(fl.codecs.at(-1)?.name, 'sparsify');
        assert.ok(decodeAll(payload, fl.codecs, fl.tensors).every(Number.isFinite));
      }
      if (feedback === 'none') await runtime.close();
    }
  });
});
