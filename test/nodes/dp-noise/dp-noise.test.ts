import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import { applyCodec } from '../../../lib/update/codecs/registry';
import { floats, modelMessage, numbersOf, SIZE, type UpdateMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';

const flow = (settings: Record<string, unknown> = {}) => [
  { id: 'f', type: 'tab' },
  { id: 'n', type: 'fl-dp-noise', z: 'f', wires: [['out'], ['spent']], ...settings },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'spent', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
const norm = (values: number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const spentOf = (msg: Received) => msg.payload as Record<string, number>;

describe('fl-dp-noise', () => {
  let runtime: Runtime;
  let userDir: string;
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'fl-dp-'));
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('adds noise of deviation z C to the update clipped to C', async () => {
    runtime = await startRuntime(
      ['dp-noise'],
      flow({ clippingNorm: '2', noise: 'multiplier', noiseMultiplier: '0.5', budgetType: 'none' }),
      userDir,
    );
    const size = 40_000;
    // Norm 200: clipped to 2, so each number becomes 0.01.
    runtime.send('n', update(new Float32Array(size).fill(1), { tensors: [[size, 1]] }));
    const out = (await runtime.next('out')) as unknown as UpdateMessage;
    const noise = numbersOf(out.payload).map((value) => value - 0.01);
    const mean = noise.reduce((sum, value) => sum + value, 0) / size;
    const deviation = norm(noise) / Math.sqrt(size);
    // Six standard errors: sigma / sqrt(n) = 0.005, and sigma / sqrt(2 n) = 0.0035.
    assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
    assert.ok(Math.abs(deviation - 1) < 0.021, `deviation ${deviation}`);
    const { privacy } = out.fl;
    assert.deepEqual(
      { ...privacy, epsilon: 0 },
      { mode: 'local', clippingNorm: 2, noiseMultiplier: 0.5, delta: 1e-5, epsilon: 0 },
    );
    const account = spentOf(await runtime.next('spent'));
    assert.equal(account.clipped as unknown as boolean, true);
    assert.ok(Math.abs(account.norm - 200) < 1e-3);
    assert.equal(account.unclippedShare, 0);
  });

  it('gives other noise to each update, and leaves none of its figures in local mode', async () => {
    runtime = await startRuntime(['dp-noise'], flow(), userDir);
    for (const client of ['a', 'b'])
      runtime.send('n', update(wave(), { client, metrics: { loss: 0.3 }, errors: [0, 900, 3] }));
    await runtime.next('out', () => runtime.received('out').length === 2);
    const [first, second] = runtime.received('out') as unknown as UpdateMessage[];
    assert.notDeepEqual(first.payload, second.payload);
    assert.equal(first.fl.metrics, undefined);
    assert.equal(first.fl.errors, undefined);
  });

  it('counts the epsilon of replacement: with z = 2 one release is a Gaussian mechanism of sigma 1', async () => {
    runtime = await startRuntime(['dp-noise'], flow({ noise: 'multiplier', noiseMultiplier: '2' }), userDir);
    runtime.send('n', update());
    const { epsilon } = spentOf(await runtime.next('spent'));
    // Balle & Wang, theorem 8, mu = 1, delta = 1e-5: epsilon = 4.3775 (solved with 30 digits elsewhere).
    assert.ok(Math.abs(epsilon - 4.3775) < 0.001, `${epsilon}`);
    await runtime.statusIs('n', (s) => s.text === 'ε 4.38 of 8');
  });

  it('enforces the budget of each client, and after a restart still knows what was spent', async () => {
    const settings = { noise: 'multiplier', noiseMultiplier: '2', budget: '7' };
    runtime = await startRuntime(['dp-noise'], flow(settings), userDir);
    for (let round = 1; round <= 3; round++) runtime.send('n', update(wave(), { round }));
    const caught = await runtime.next('caught');
    // One release 4.38, two (mu = sqrt 2) 6.58, three 8.4.
    assert.match(sentence(caught), /budget is used up/);
    assert.equal(runtime.received('out').length, 2);
    await runtime.statusIs('n', (s) => s.fill === 'red');
    runtime.send('n', update(wave(), { client: 'another' }));
    await runtime.next('out', ({ fl }) => fl?.client === 'another');
    await runtime.close();
    runtime = await startRuntime(['dp-noise'], flow({ ...settings, id: 'n' }), userDir);
    runtime.send('n', update(wave(), { round: 4 }));
    await runtime.next('caught');
    assert.equal(runtime.received('out').length, 0);
  });

  it('lets nothing out when the ledger cannot be read or written', async () => {
    runtime = await startRuntime(['dp-noise'], flow(), userDir);
    for (const round of [1, 2]) runtime.send('n', update(wave(), { round }));
    await runtime.next('out', () => runtime.received('out').length === 2);
    await runtime.close();
    const folder = join(userDir, 'fl-tinyml', 'privacy');
    const files = readdirSync(folder);
    assert.ok(files.length > 0);
    // Another folder, as this Node-RED still knows what it wrote to the first.
    const other = join(userDir, 'other');
    mkdirSync(join(other, 'fl-tinyml', 'privacy'), { recursive: true });
    for (const file of files) writeFileSync(join(other, 'fl-tinyml', 'privacy', file), 'damaged');
    runtime = await startRuntime(['dp-noise'], flow(), other);
    runtime.send('n', update());
    assert.match(sentence(await runtime.next('caught')), /so nothing is let out/);
    assert.equal(runtime.received('out').length, 0);
  });

  it('in central mode only clips, leaves the claim, and pays once for the updates of a round', async () => {
    runtime = await startRuntime(
      ['dp-noise'],
      flow({ mode: 'central', clippingNorm: '1', noise: 'multiplier', noiseMultiplier: '1' }),
      userDir,
    );
    for (const client of ['a', 'b', 'c']) runtime.send('n', update(wave(SIZE, 10), { client }));
    runtime.send('n', update(wave(SIZE, 0.01), { client: 'a', round: 2, attempt: 'a2' }));
    await runtime.next('spent', () => runtime.received('spent').length === 4);
    const epsilons = runtime.received('spent').map((msg) => spentOf(msg).epsilon);
    // sigma 1 on sensitivity C: 4.3775 for one round, 6.5803 for two.
    for (const epsilon of epsilons.slice(0, 3)) assert.ok(Math.abs(epsilon - 4.3775) < 0.001, `${epsilon}`);
    assert.ok(epsilons[3] > 6 && epsilons[3] < 7, `${epsilons[3]}`);
    const [clipped, , , short] = runtime.received('out') as unknown as UpdateMessage[];
    assert.equal(clipped.fl.privacy?.mode, 'central');
    const length = norm(numbersOf(clipped.payload));
    assert.ok(length <= 1 && length > 0.999999, `${length}`);
    assert.deepEqual(short.payload, floats(wave(SIZE, 0.01)));
    assert.equal(spentOf(runtime.received('spent')[3]).unclippedShare, 0.25);
  });

  it('in distributed mode adds a part of the noise, and pays for each client what central noise costs', async () => {
    const settings = {
      mode: 'distributed',
      clients: '4',
      clippingNorm: '2',
      noise: 'multiplier',
      noiseMultiplier: '1',
    };
    runtime = await startRuntime(['dp-noise'], flow({ ...settings, budgetType: 'none' }), userDir);
    const size = 40_000;
    for (const client of ['a', 'b']) {
      const header = { client, tensors: [[size, 1]] as [number, number][], metrics: { loss: 1 } };
      runtime.send('n', update(new Float32Array(size).fill(1), header));
    }
    await runtime.next('out', () => runtime.received('out').length === 2);
    const [out] = runtime.received('out') as unknown as UpdateMessage[];
    const deviation = norm(numbersOf(out.payload).map((value) => value - 0.01)) / Math.sqrt(size);
    // z C / sqrt(4) = 1, up to six standard errors.
    assert.ok(Math.abs(deviation - 1) < 0.021, `deviation ${deviation}`);
    assert.equal(out.fl.metrics, undefined);
    const { epsilon, ...claim } = out.fl.privacy ?? { epsilon: 0 };
    assert.deepEqual(claim, { mode: 'distributed', clippingNorm: 2, noiseMultiplier: 1, delta: 1e-5, clients: 4 });
    // One Gaussian mechanism of sigma 1, for each client by itself.
    assert.ok(Math.abs(epsilon - 4.3775) < 0.001, `${epsilon}`);
    await runtime.next('spent', () => runtime.received('spent').length === 2);
    const accounts = runtime.received('spent').map((msg) => spentOf(msg).epsilon);
    assert.deepEqual(accounts, [epsilon, epsilon]);
  });

  it('with adaptive clipping clips to what the aggregator tells, and says only whether the norm was within', async () => {
    const adapts = {
      mode: 'central',
      clipping: 'adaptive',
      clippingNorm: '2',
      noise: 'multiplier',
      noiseMultiplier: '1',
    };
    runtime = await startRuntime(['dp-noise'], flow({ ...adapts, quantile: '0.7', budgetType: 'none' }), userDir);
    const long = wave(SIZE, 100);
    const unit = wave().map((value) => value / norm(wave()));
    runtime.send('n', update(long, { client: 'a' }));
    runtime.send('n', update(long, { client: 'b', round: 2, central: { clippingNorm: 0.25 } }));
    runtime.send('n', update(unit, { client: 'c', round: 2, central: { clippingNorm: 1.01 } }));
    await runtime.next('spent', () => runtime.received('spent').length === 3);
    const out = runtime.received('out') as unknown as UpdateMessage[];
    const adaptive = { firstNorm: 2, quantile: 0.7, rate: 0.2, step: 'geometric' };
    for (const [i, [clippingNorm, within, length]] of (
      [
        [2, false, 2],
        [0.25, false, 0.25],
        [1.01, true, 1],
      ] as const
    ).entries()) {
      const { privacy, central } = out[i].fl;
      assert.deepEqual(
        { ...privacy, epsilon: 0 },
        { mode: 'central', clippingNorm, noiseMultiplier: 1, delta: 1e-5, epsilon: 0, adaptive, within },
      );
      // The claim says it.
      assert.equal(central, undefined);
      assert.ok(Math.abs(norm(numbersOf(out[i].payload)) - length) < 1e-5);
      assert.equal(spentOf(runtime.received('spent')[i]).clippingNorm, clippingNorm);
    }
    // Balle & Wang, theorem 8, mu = sqrt 2, solved elsewhere: two rounds of z = 1, whatever part of the noise the count gets.
    assert.ok(Math.abs(spentOf(runtime.received('spent')[2]).epsilon - 6.573) < 0.001);
    await runtime.close();
    runtime = await startRuntime(['dp-noise'], flow({ ...adapts, countNoiseType: 'num', countNoise: '0.5' }), userDir);
    runtime.send('n', update());
    assert.match(sentence(await runtime.next('caught')), /above 0\.500, half of the noise multiplier/);
    assert.equal(runtime.received('out').length, 0);
    await runtime.close();
    // In local mode there is no such choice.
    runtime = await startRuntime(['dp-noise'], flow({ ...adapts, mode: 'local', budgetType: 'none' }), userDir);
    runtime.send('n', update(wave(), { central: { clippingNorm: 7 } }));
    const { privacy } = (await runtime.next('out')).fl as unknown as UpdateMessage['fl'];
    assert.deepEqual([privacy?.clippingNorm, privacy?.adaptive], [2, undefined]);
  });

  it('counts sampled rounds by the accountant that is chosen, and says so where it is not the usual one', async () => {
    const epsilons: number[] = [];
    for (const accountant of ['rdp', 'pld', 'gdp']) {
      const settings = { mode: 'central', noise: 'multiplier', noiseMultiplier: '1', samplingRate: '0.1', accountant };
      runtime = await startRuntime(['dp-noise'], flow({ ...settings, budgetType: 'none' }), userDir);
      runtime.send('n', update(wave(), { federation: accountant }));
      const told = spentOf(await runtime.next('spent'));
      assert.equal(told.accountant as unknown, accountant === 'rdp' ? undefined : accountant);
      epsilons.push(told.epsilon);
      const { body } = await helper
        .request()
        .get('/fl-tinyml/dp-noise/account')
        .query({ ...settings, releases: '1' });
      assert.ok(Math.abs(Number(body.epsilon) - told.epsilon) < 0.001 * told.epsilon, `${accountant}: ${body.epsilon}`);
      await runtime.close();
    }
    // A single round is far from the limit of many: the approximation is below the bound.
    const [rdp, pld, gdp] = epsilons;
    assert.ok(gdp < pld && pld < rdp, `${epsilons}`);
    runtime = await startRuntime(['dp-noise'], flow(), userDir);
  });

  it('lets something else leave when its account is paid, from the same budget as the updates', async () => {
    const settings = { noise: 'multiplier', noiseMultiplier: '4', budget: '3' };
    runtime = await startRuntime(['dp-noise'], flow(settings), userDir);
    const { federation, client } = update().fl;
    const privacy = { federation, client, mechanism: 'exponential', epsilon: 0.5 };
    const choice = { topic: 'best rate', payload: 0.1, privacy };
    runtime.send('n', choice);
    const out = await runtime.next('out');
    assert.deepEqual([out.topic, out.payload, out.fl], ['best rate', 0.1, undefined]);
    const one = await runtime.next('spent');
    assert.deepEqual([spentOf(one).mechanism, spentOf(one).client], ['exponential', client] as unknown[]);
    assert.ok(spentOf(one).epsilon > 0.4 && spentOf(one).epsilon < 0.51);
    // One update of z = 4 has epsilon 1.998 by itself (mu = 1/2): both are in one ledger.
    runtime.send('n', update());
    await runtime.next('spent', () => runtime.received('spent').length === 2);
    const both = spentOf(runtime.received('spent')[1]).epsilon;
    assert.ok(both > 2.1 && both < 2.6, `${both}`);
    for (let times = 0; times < 10; times++) runtime.send('n', choice);
    assert.match(sentence(await runtime.next('caught')), /budget is used up/);
    const left = runtime.received('out').length;
    assert.ok(left >= 3 && left < 12, `${left}`);
    // Of another client: its own budget.
    runtime.send('n', { ...choice, privacy: { ...privacy, client: 'another' } });
    await runtime.next('out', () => runtime.received('out').length === left + 1);
    for (const wrong of [
      'x',
      { ...privacy, mechanism: 'laplace' },
      { ...privacy, epsilon: 0 },
      { ...privacy, client: undefined },
      { ...privacy, federation: 7 },
    ]) {
      const before = runtime.received('caught').length;
      runtime.send('n', { payload: 1, privacy: wrong });
      const caught = await runtime.next('caught', () => runtime.received('caught').length > before);
      assert.ok(caught);
      assert.match(sentence(runtime.received('caught')[before]), /^msg.privacy of a release must be/);
    }
    assert.equal(runtime.received('out').length, left + 1);
  });

  it('finds the noise for a wished epsilon', async () => {
    const target = { noise: 'target', targetEpsilon: '6', releases: '4', budget: '6' };
    runtime = await startRuntime(['dp-noise'], flow(target), userDir);
    for (let round = 1; round <= 5; round++) runtime.send('n', update(wave(), { round }));
    await runtime.next('caught');
    assert.equal(runtime.received('out').length, 4);
    const last = spentOf(runtime.received('spent')[3]).epsilon;
    assert.ok(last <= 6 && last > 5.99, `${last}`);
  });

  it('tells the dialogue what the settings cost', async () => {
    runtime = await startRuntime(['dp-noise'], flow(), userDir);
    const ask = async (question: object) =>
      (await helper.request().get('/fl-tinyml/dp-noise/account').query(question).expect(200)).body;
    const one = await ask({ mode: 'local', noise: 'multiplier', noiseMultiplier: '2', releases: '1', delta: '1e-5' });
    assert.equal(one.epsilon as unknown as number, 4.377);
    const wished = await ask({ mode: 'local', noise: 'target', targetEpsilon: '4.3772', releases: '1', delta: '1e-5' });
    assert.equal(wished.noiseMultiplier as unknown as number, 2);
    assert.match((await ask({ delta: '7' })).error, /"delta"/);
  });

  it('refuses noise after quantisation and noise twice, and says what to swap', async () => {
    runtime = await startRuntime(['dp-noise'], flow(), userDir);
    const msg = update();
    const coded = applyCodec(msg, 'quantize', { bits: 8 });
    runtime.send('n', { payload: coded.payload, fl: { ...msg.fl, codecs: coded.codecs } });
    assert.match(sentence(await runtime.next('caught')), /fl-dp-noise node before fl-quantize/);
    const privacy = { mode: 'local', clippingNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 } as const;
    runtime.send('n', update(wave(), { privacy }));
    await runtime.next('caught', (one) => /already carries privacy noise/.test(sentence(one)));
    assert.equal(runtime.received('out').length, 0);
  });

  it('keeps the statistics of the features back unless told otherwise', async () => {
    const { federation, model, round, attempt, client } = update().fl;
    const doubles = Buffer.alloc(24);
    const statistics = { payload: doubles, fl: { kind: 'statistics', federation, model, round, attempt, client } };
    runtime = await startRuntime(['dp-noise'], flow(), userDir);
    runtime.send('n', statistics);
    assert.match(sentence(await runtime.next('caught')), /fixed means and deviations/);
    assert.equal(runtime.received('out').length, 0);
    await runtime.close();
    runtime = await startRuntime(['dp-noise'], flow({ statistics: 'pass' }), userDir);
    runtime.send('n', statistics);
    await runtime.next('out');
  });

  it('lets nothing through with a setting that is wrong', async () => {
    for (const wrong of [
      { clippingNorm: '0' },
      { noise: 'multiplier', noiseMultiplier: '-1' },
      { targetEpsilon: 'x' },
      { delta: '2' },
      { mode: 'none' },
    ]) {
      runtime = await startRuntime(['dp-noise'], flow(wrong), userDir);
      runtime.send('n', update());
      await runtime.next('caught');
      assert.equal(runtime.received('out').length, 0, JSON.stringify(wrong));
      await runtime.close();
    }
    runtime = await startRuntime(['dp-noise'], [{ id: 'n', type: 'fl-dp-noise' }], userDir);
    await runtime.statusIs('n', (s) => s.fill === 'yellow' && s.text === 'waiting for updates');
  });

  it('lets no update out without noise, whatever is thrown at it', async () => {
    // So little noise that it can be told apart, so much clipping that the exact update cannot come out.
    runtime = await startRuntime(
      ['dp-noise'],
      flow({ clippingNorm: '0.5', noise: 'multiplier', noiseMultiplier: '1', budgetType: 'none' }),
      userDir,
    );
    const note = { a: [1, 2, 3], b: { c: 'x' }, d: 1, e: 2 };
    const good = [
      { ...update(wave(SIZE, 3)), note },
      { note, ...update(wave(SIZE, 3), { client: 'b' }) },
      modelMessage(wave()),
    ];
    for (const msg of mutated(good, 3000, 3)) runtime.send('n', msg);
    // The last one of a client that most of the others name: its budget is charged after theirs.
    runtime.send('n', update(wave(), { round: 77 }));
    await runtime.next('out', ({ fl }) => fl?.round === 77);
    assert.equal(isPolluted(), false);
    let released = 0;
    for (const { fl, payload } of runtime.received('out') as unknown as UpdateMessage[]) {
      if (fl?.kind !== 'update') continue;
      released++;
      assert.equal(fl.privacy?.mode, 'local');
      const values = numbersOf(payload);
      assert.ok(values.every(Number.isFinite));
      // What came in was a multiple of the wave but for single numbers: the noise (0.5 on each) bends it.
      const along = values.reduce((sum, value, i) => sum + value * (wave()[i] ?? 0), 0) / norm(wave());
      assert.ok(norm(values) ** 2 - along ** 2 > 0.01, 'an update came out as it went in');
    }
    assert.ok(released > 10, `${released} were released`);
  });
});
