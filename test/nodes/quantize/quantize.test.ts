import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAll } from '../../../lib/update/codecs/registry';
import { floats, modelMessage, SIZE, TENSORS, type UpdateMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Runtime, startRuntime } from '../runtime';

const flow = (settings: Record<string, unknown> = {}) => [
  { id: 'q', type: 'fl-quantize', z: 'f', wires: [['out']], ...settings },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'f', type: 'tab' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];

describe('fl-quantize', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('makes an update smaller, and what comes out means nearly the same', async () => {
    runtime = await startRuntime(['quantize'], flow());
    runtime.send('q', { ...update(), note: 'kept' });
    const out = await runtime.next('out');
    const payload = out.payload as Buffer;
    // 23 codes of 8 bits and 4 scales of 4 bytes.
    assert.equal(payload.length, SIZE + 16);
    assert.equal(out.note, 'kept');
    const back = decodeAll(payload, (out.fl as unknown as UpdateMessage['fl']).codecs, TENSORS);
    // Half a step of the largest magnitude over 127.
    for (const [i, value] of wave().entries()) assert.ok(Math.abs(back[i] - value) <= 0.5 / 127 + 1e-6, `number ${i}`);
    assert.match((await runtime.statusIs('q', (s) => s.fill === 'green')).text ?? '', /2\.4x smaller/);
  });

  const methods: [Record<string, unknown>, name: string, bytes: number][] = [
    // 23 numbers in a block of 32, with one scale.
    [{ method: 'drive' }, 'drive', 4 + 4],
    [{ method: 'drive', rotation: 'none' }, 'drive', 4 + 4],
    [{ method: 'eden' }, 'eden', 4 + 8],
    [{ method: 'eden', edenBits: '4', bits: '99' }, 'eden', 4 + 16],
    [{ method: 'bfloat16' }, 'bfloat16', 2 * SIZE],
    // Four tensors with a step each, five numbers in a byte.
    [{ method: 'terngrad' }, 'terngrad', 16 + TENSORS.reduce((sum, [size]) => sum + Math.ceil(size / 5), 0)],
  ];
  for (const [settings, codec, bytes] of methods) {
    it(`has the method of the dialogue: ${JSON.stringify(settings)}`, async () => {
      runtime = await startRuntime(['quantize'], flow(settings));
      for (const client of ['a', 'a', 'b']) runtime.send('q', update(wave(), { client }));
      await runtime.next('out', (msg) => (msg.fl as { client?: string }).client === 'b');
      const [first, again, other] = runtime.received('out') as unknown as UpdateMessage[];
      assert.equal(first.fl.codecs[0].name, codec);
      assert.equal(first.payload.length, bytes);
      assert.deepEqual(first.payload, again.payload);
      if (settings.rotation !== 'none' && codec !== 'bfloat16') assert.notDeepEqual(first.payload, other.payload);
      const back = decodeAll(first.payload, first.fl.codecs, TENSORS);
      // It points the same way.
      const inner = wave().reduce((sum, value, i) => sum + value * back[i], 0);
      assert.ok(inner > 0.3 * wave().reduce((sum, value) => sum + value * value, 0), `${inner}`);
    });
  }

  describe('with error feedback', () => {
    let userDir: string;
    beforeEach(() => {
      userDir = mkdtempSync(join(tmpdir(), 'fl-quantize-'));
    });
    afterEach(() => {
      rmSync(userDir, { recursive: true, force: true });
    });

    const settings = [
      { method: 'sign' },
      { method: 'drive', feedback: 'residual' },
      { method: 'eden', edenBits: '1', feedback: 'residual' },
      { bits: '2', feedback: 'residual' },
    ];
    for (const one of settings) {
      it(`what is left out goes with the next update, also after a restart: ${JSON.stringify(one)}`, async () => {
        const pace = wave();
        const length = Math.hypot(...pace);
        const rounds = 24;
        const sent = async (restartedAt: number, folder: string): Promise<Buffer[]> => {
          const payloads: Buffer[] = [];
          const sum = new Float64Array(SIZE);
          for (let round = 1; round <= rounds; round++) {
            if (round === restartedAt) await runtime.close();
            if (round === 1 || round === restartedAt) runtime = await startRuntime(['quantize'], flow(one), folder);
            runtime.send('q', update(pace, { round, settled: round - 1 }));
            const out = await runtime.next('out', (msg) => (msg.fl as { round?: number }).round === round);
            const { fl, payload } = out as unknown as UpdateMessage;
            assert.equal(fl.remembers, true);
            if (one.method === 'drive' || one.method === 'eden') assert.equal(fl.codecs[0].scale, 'least-error');
            for (const [i, value] of decodeAll(payload, fl.codecs, TENSORS).entries()) sum[i] += value;
            payloads.push(payload);
          }
          // What has not been sent is the residual: a few updates long, however many there were (Karimireddy 2019, lemma 3).
          const left = Math.hypot(...pace.map((value, i) => rounds * value - sum[i]));
          assert.ok(left < 8 * length, `${left / length} updates are still to be sent`);
          return payloads;
        };
        const through = await sent(0, join(userDir, 'through'));
        await runtime.close();
        assert.deepEqual(await sent(12, join(userDir, 'restarted')), through);
        assert.notDeepEqual(through[0], through[1]);
      });
    }

    it('is not where errors are by chance: nothing is kept, nothing asked', async () => {
      for (const one of [{ method: 'terngrad' }, { method: 'qsgd' }, { rounding: 'stochastic' }]) {
        runtime = await startRuntime(['quantize'], flow({ ...one, feedback: 'residual' }), userDir);
        runtime.send('q', update());
        const { fl } = (await runtime.next('out')) as unknown as UpdateMessage;
        assert.equal(fl.remembers, undefined);
        assert.equal(existsSync(join(userDir, 'fl-tinyml', 'residuals')), false);
        if (one.method !== undefined) await runtime.close();
      }
    });
  });

  it('takes the levels and buckets of QSGD, whose length depends on the numbers', async () => {
    runtime = await startRuntime(['quantize'], flow({ method: 'qsgd', levels: '3', bucket: '10' }));
    runtime.send('q', update());
    const { fl, payload } = (await runtime.next('out')) as unknown as UpdateMessage;
    const [{ name, levels, bucket }] = fl.codecs;
    assert.deepEqual({ name, levels, bucket }, { name: 'qsgd', levels: 3, bucket: 10 });
    // Three norms, and less than the 4 bytes that a number had.
    assert.ok(payload.length > 12 && payload.length < 12 + SIZE, `${payload.length}`);
    assert.equal(decodeAll(payload, fl.codecs, TENSORS).length, SIZE);
  });

  it('takes more levels as the loss falls, by the first loss of each client, also after a restart', async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'fl-quantize-'));
    try {
      const settings = { method: 'qsgd', levels: '10', levelsBy: 'loss' };
      const cases: [client: string, round: number, loss: number | undefined, levels: number][] = [
        ['a', 1, 2, 10],
        ['a', 2, 0.5, 20],
        ['b', 2, 0.5, 10],
        ['a', 3, 8, 5],
        ['a', 4, 1e-9, 255],
        ['a', 5, undefined, 10],
        // Begun anew.
        ['b', 1, 0.1, 10],
      ];
      for (const [index, [client, round, loss, levels]] of cases.entries()) {
        if (index === 0 || index === 3) {
          if (index > 0) await runtime.close();
          runtime = await startRuntime(['quantize'], flow(settings), userDir);
        }
        const metrics = loss === undefined ? undefined : { firstLoss: loss, loss: loss / 2 };
        runtime.send('q', update(wave(), { client, round, ...(metrics ? { metrics } : {}) }));
        const isIt = ({ client: one, round: at }: { client?: string; round?: number }) =>
          one === client && at === round;
        const { fl } = (await runtime.next('out', (msg) => isIt(msg.fl ?? {}))) as unknown as UpdateMessage;
        assert.equal(fl.codecs[0].levels, levels, `${client}, round ${round}`);
      }
    } finally {
      rmSync(userDir, { recursive: true, force: true });
    }
  });

  it('says which setting of the chosen method is wrong', async () => {
    runtime = await startRuntime(['quantize'], flow({ method: 'eden', edenBits: '5' }));
    runtime.send('q', update());
    const caught = await runtime.next('caught');
    assert.match((caught as { error?: { message: string } }).error?.message ?? '', /"edenBits".*from 1 to 4/);
  });

  it('says on an empty canvas what it waits for', async () => {
    runtime = await startRuntime(['quantize'], [{ id: 'q', type: 'fl-quantize' }]);
    const shown = await runtime.statusIs('q', (s) => s.fill === 'yellow');
    assert.equal(shown.text, 'waiting for updates');
  });

  it('leaves models and every other message as they are', async () => {
    runtime = await startRuntime(['quantize'], flow({ bits: '4' }));
    const model = modelMessage(wave());
    runtime.send('q', { ...model, _msgid: 'm' });
    const out = await runtime.next('out');
    assert.deepEqual(out.payload, floats(wave()));
    assert.deepEqual(out.fl, model.fl);
  });

  it('gives the same bits for the same seed, client and round, and others for another client', async () => {
    runtime = await startRuntime(['quantize'], flow({ bits: '2', rounding: 'stochastic', seed: '7' }));
    for (const client of ['a', 'a', 'b']) runtime.send('q', update(wave(), { client }));
    await runtime.next('out', (msg) => (msg.fl as { client?: string }).client === 'b');
    const [first, second, third] = runtime.received('out').map((msg) => msg.payload as Buffer);
    assert.deepEqual(first, second);
    assert.notDeepEqual(first, third);
  });

  it('refuses what is quantised already, with a sentence that says what to do', async () => {
    runtime = await startRuntime(
      ['quantize'],
      [
        { id: 'q', type: 'fl-quantize', z: 'f', wires: [['q2']] },
        { id: 'q2', type: 'fl-quantize', z: 'f', wires: [['out']] },
        ...flow().slice(1),
      ],
    );
    runtime.send('q', update());
    const caught = await runtime.next('caught');
    assert.match((caught as { error?: { message: string } }).error?.message ?? '', /already quantised: keep one/);
    assert.equal(runtime.received('out').length, 0);
  });

  it('lets nothing through with a setting that is wrong', async () => {
    runtime = await startRuntime(['quantize'], flow({ bits: '99' }));
    runtime.send('q', update());
    const caught = await runtime.next('caught');
    assert.match((caught as { error?: { message: string } }).error?.message ?? '', /"bits"/);
    assert.equal(runtime.received('out').length, 0);
    await runtime.statusIs('q', (s) => s.fill === 'red');
  });

  it('survives thousands of mutated messages, and lets out no update that it did not quantise', async () => {
    runtime = await startRuntime(['quantize'], flow());
    for (const msg of mutated([update(), modelMessage(wave())], 4000, 1)) runtime.send('q', msg);
    runtime.send('q', update(wave(), { client: 'last' }));
    await runtime.next('out', (msg) => (msg.fl as { client?: string } | undefined)?.client === 'last');
    assert.equal(isPolluted(), false);
    for (const { fl, payload } of runtime.received('out') as unknown as UpdateMessage[]) {
      if (fl?.kind !== 'update') continue;
      assert.equal(fl.codecs.at(-1)?.name, 'quantize');
      assert.ok(decodeAll(payload, fl.codecs, fl.tensors).every(Number.isFinite));
    }
  });
});
