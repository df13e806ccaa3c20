import assert from 'node:assert/strict';
import { applyCodec, decodeAll } from '../../../lib/update/codecs/registry';
import { floats, modelMessage, numbersOf, SIZE, type UpdateMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';

const flow = (settings: Record<string, unknown> = {}) => [
  { id: 'f', type: 'tab' },
  { id: 'k', type: 'fl-krum-filter', z: 'f', byzantine: '1', wires: [['through'], ['rejected']], ...settings },
  { id: 'through', type: 'sink', z: 'f' },
  { id: 'rejected', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const clients = (messages: Received[]): string[] =>
  messages.map(({ fl }) => (fl as unknown as UpdateMessage['fl']).client).sort();

/** Four that agree within 0.01 and one far away. */
const honest = (client: number, header: Partial<UpdateMessage['fl']> = {}): UpdateMessage =>
  update(
    wave().map((value) => value + client / 1000),
    { client: `plant-${client}`, ...header },
  );
const attacker = (header: Partial<UpdateMessage['fl']> = {}): UpdateMessage =>
  update(wave(SIZE, -50), { client: 'attacker', ...header });
/** What came through, without the refusals that the filter answers in the name of the rejected. */
const through = (runtime: Runtime): Received[] => runtime.received('through').filter(({ fl }) => fl?.kind === 'update');
const declines = (runtime: Runtime): Received[] =>
  runtime.received('through').filter(({ fl }) => fl?.kind === 'decline');
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('fl-krum-filter', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('holds a round until all have answered, then lets the central ones through and says why the others do not', async () => {
    runtime = await startRuntime(['krum-filter'], flow());
    for (const client of [1, 2, 3]) runtime.send('k', honest(client));
    runtime.send('k', attacker());
    await runtime.statusIs('k', (s) => s.text === 'holding 4/5');
    assert.equal(runtime.received('through').length, 0);
    runtime.send('k', { ...honest(4), note: 'kept' });
    // n - f - 2 = 2 of the honest ones; the order of scores: the middle ones first.
    await runtime.next('rejected', () => runtime.received('rejected').length === 3);
    assert.equal(through(runtime).length, 2);
    assert.deepEqual(clients(declines(runtime)), clients(runtime.received('rejected')));
    const rejected = runtime.received('rejected').find(({ fl }) => fl?.client === 'attacker');
    assert.equal(rejected?.topic, 'fl/rejected');
    assert.match(String(rejected?.reason), /Rank 5 of 5/);
    assert.deepEqual(rejected?.payload, floats(wave(SIZE, -50)));
    const scores = through(runtime).map(({ fl }) => (fl as unknown as UpdateMessage['fl']).score);
    assert.deepEqual(scores.map((score) => score?.rank).sort(), [1, 2]);
    assert.equal(scores[0]?.method, 'multi-krum');
    await runtime.statusIs('k', (s) => s.text === '2 of 5 pass');
  });

  for (const [method, out] of [
    ['bulyan', ['attacker']],
    ['median', ['attacker']],
    ['geometric-median', ['attacker']],
    ['trimmed-mean', ['attacker']],
    ['norm-bound', ['attacker']],
    ['flame', ['attacker']],
  ] as const) {
    it(`${method}: keeps the attacker out, with its score and the reason`, async () => {
      runtime = await startRuntime(['krum-filter'], flow({ method }));
      for (const client of [1, 2, 3, 4, 5, 6]) runtime.send('k', honest(client, { expected: 7 }));
      runtime.send('k', attacker({ expected: 7 }));
      const rejected = await runtime.next(
        'rejected',
        ({ fl }) => (fl as unknown as UpdateMessage['fl']).client === out[0],
      );
      const { score } = rejected.fl as unknown as UpdateMessage['fl'];
      assert.equal(score?.method, method);
      assert.equal(score?.rank, 7);
      assert.match(String(rejected.reason), /[.]$/);
      assert.ok(!clients(through(runtime)).includes('attacker'));
      assert.ok(through(runtime).length >= 3);
    });
  }

  const vectorOf = ({ payload }: Received): number[] => numbersOf(payload as Buffer);
  const onLine = (client: string, place: number, header: Partial<UpdateMessage['fl']> = {}): UpdateMessage =>
    update([place, ...new Array(SIZE - 1).fill(0)], { client, ...header });
  const named = (name: string): Received => {
    const found = through(runtime).find(({ fl }) => fl?.client === name);
    assert.ok(found, `${name} did not come through`);
    return found;
  };

  it('norm-clip: shortens what is longer than the median norm, and leaves the rest as it came', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ method: 'norm-clip' }));
    for (const [i, place] of [1, 2, 3, -4, 300].entries()) runtime.send('k', onLine(`c${i}`, place));
    await runtime.next('through', () => through(runtime).length === 5);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((i) => vectorOf(named(`c${i}`))[0]),
      [1, 2, 3, -3, 3],
    );
    assert.deepEqual([named('c2').factor, named('c3').factor, named('c4').factor], [undefined, 0.75, 0.01]);
    assert.equal(runtime.received('rejected').length, 0);
  });

  it('centered-clip: the mean of what it lets through is the aggregate of the rule', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ method: 'centered-clip' }));
    const places = [1, 2, 3, 4, 300];
    for (const [i, place] of places.entries()) {
      const msg = onLine(`c${i}`, place);
      const { payload, codecs } = applyCodec(msg, 'quantize', { bits: 8 });
      runtime.send('k', { ...msg, payload, fl: { ...msg.fl, codecs } });
    }
    await runtime.next('through', () => through(runtime).length === 5);
    // The paper's iteration in one dimension: from 0, five times, tau = the median distance at the start.
    let v = 0;
    for (let l = 0; l < 5; l++) {
      const pulls = places.map((x) => (x - v) * Math.min(1, 3 / Math.abs(x - v)));
      v += pulls.reduce((sum, pull) => sum + pull, 0) / places.length;
    }
    const passed = places.map((_, i) => named(`c${i}`) as unknown as UpdateMessage);
    const values = passed.map(({ payload, fl }) => decodeAll(payload, fl.codecs, fl.tensors)[0]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(mean - v) < 0.02, `${mean} is not ${v}`);
    assert.deepEqual(passed[4].fl.codecs, []);
    assert.ok(passed[1].fl.codecs.length > 0, 'what is not changed stays coded');
  });

  it('fltrust: lets through as far as it points where the trusted one does, at its length', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ method: 'fltrust', trusted: 'mine' }));
    const plane = (client: string, x: number, y: number): UpdateMessage =>
      update([x, y, ...new Array(SIZE - 2).fill(0)], { client });
    runtime.send('k', plane('long', 500, 0));
    runtime.send('k', plane('askew', 3, 4));
    runtime.send('k', plane('against', -1, 0));
    runtime.send('k', plane('across', 0, 9));
    runtime.send('k', plane('mine', 2, 0));
    await runtime.next('rejected', () => runtime.received('rejected').length === 3);
    assert.deepEqual(clients(runtime.received('rejected')), ['across', 'against', 'mine']);
    // Trust 1 and 0.6 at length 2: of FLTrust's weights 1 / 1.6 and 0.6 / 1.6, twice so much each for a mean of two.
    const near = (values: number[], expected: number[]): void =>
      expected.forEach((value, k) => {
        assert.ok(Math.abs(values[k] - value) < 1e-6, `${values[k]} is not ${value}`);
      });
    near(vectorOf(named('long')), [2 * (2 / 1.6), 0]);
    near(vectorOf(named('askew')), [2 * ((0.6 * 2) / 1.6) * 0.6, 2 * ((0.6 * 2) / 1.6) * 0.8]);
    const reasons = new Map(runtime.received('rejected').map(({ fl, reason }) => [fl?.client, String(reason)]));
    assert.match(reasons.get('against') ?? '', /does not point/);
    assert.match(reasons.get('mine') ?? '', /does not count itself/);
    assert.deepEqual((named('long').fl as unknown as UpdateMessage['fl']).score?.rank, 1);
  });

  it('fltrust: lets none through without the trusted one, and does not begin without its name', async () => {
    const settings = { method: 'fltrust', trusted: 'mine', waitType: 'num', wait: '0.3' };
    runtime = await startRuntime(['krum-filter'], flow(settings));
    for (const client of [1, 2, 3]) runtime.send('k', honest(client));
    const caught = (await runtime.next('caught')) as { error?: { message: string } };
    assert.match(caught.error?.message ?? '', /no update of the trusted client mine/);
    assert.equal(through(runtime).length, 0);
    await runtime.close();
    runtime = await startRuntime(['krum-filter'], flow({ method: 'fltrust' }));
    await runtime.statusIs('k', ({ fill }) => fill === 'red');
  });

  it('gives the scores of the definition', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ method: 'krum' }));
    // On a line at 0, 1, 3, 7 and 100: with n - f - 2 = 2 neighbours the scores are 1+9, 1+4, 4+9, 16+36, 93^2+97^2.
    const at = [0, 1, 3, 7, 100];
    for (const [client, place] of at.entries()) {
      runtime.send('k', update([place, ...new Array(SIZE - 1).fill(0)], { client: `c${client}` }));
    }
    await runtime.next('rejected', () => runtime.received('rejected').length === 4);
    const all = [...through(runtime), ...runtime.received('rejected')] as unknown as UpdateMessage[];
    const scores = Object.fromEntries(all.map(({ fl }) => [fl.client, fl.score?.value]));
    assert.deepEqual(scores, { c0: 10, c1: 5, c2: 13, c3: 52, c4: 93 ** 2 + 97 ** 2 });
    assert.deepEqual(clients(through(runtime)), ['c1']);
  });

  it('compares what the codecs mean, and passes the message as it came', async () => {
    runtime = await startRuntime(['krum-filter'], flow());
    const coded = [honest(1), honest(2), honest(3), honest(4), attacker()].map((msg) => {
      const { payload, codecs } = applyCodec(msg, 'quantize', { bits: 8 });
      return { ...msg, payload, fl: { ...msg.fl, codecs } };
    });
    for (const msg of coded) runtime.send('k', msg);
    await runtime.next('rejected', () => runtime.received('rejected').length === 3);
    assert.ok(clients(runtime.received('rejected')).includes('attacker'));
    const [out] = through(runtime) as unknown as UpdateMessage[];
    const original = coded.find(({ fl }) => fl.client === out.fl.client);
    assert.deepEqual(out.payload, original?.payload);
    assert.deepEqual(out.fl.codecs, original?.fl.codecs);
  });

  it('counts who declines as answered, and passes that on', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ byzantine: '0' }));
    for (const client of [1, 2, 3]) runtime.send('k', honest(client));
    const { federation, model, round, attempt } = honest(1).fl;
    for (const client of ['plant-4', 'plant-5']) {
      runtime.send('k', {
        fl: { kind: 'decline', federation, model, round, attempt, client, reason: 'too few samples' },
      });
    }
    // n - f - 2 = 1 gets through; two declined by themselves, two are rejected.
    await runtime.next('rejected', () => runtime.received('rejected').length === 2);
    assert.equal(declines(runtime).length, 2 + 2);
  });

  it('lets none through when too few came, or all with a warning, as chosen', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ byzantine: '2' }));
    for (const client of [1, 2, 3, 4, 5]) runtime.send('k', honest(client));
    const caught = await runtime.next('caught');
    assert.match(
      (caught as { error?: { message: string } }).error?.message ?? '',
      /only 5 updates came and this method needs 7/,
    );
    assert.equal(through(runtime).length, 0);
    assert.equal(runtime.received('rejected').length, 5);
    await runtime.close();
    runtime = await startRuntime(['krum-filter'], flow({ byzantine: '2', tooFew: 'all' }));
    for (const client of [1, 2, 3, 4, 5]) runtime.send('k', honest(client));
    await runtime.next('through', () => runtime.received('through').length === 5);
    await runtime.statusIs('k', (s) => s.text === 'too few: 5/7');
  });

  it('judges when its wait is over, and turns away what comes later', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ byzantine: '0', waitType: 'num', wait: '0.3' }));
    for (const client of [1, 2, 3]) runtime.send('k', honest(client));
    await runtime.next('through');
    runtime.send('k', honest(4));
    const late = await runtime.next('rejected', ({ fl }) => fl?.client === 'plant-4');
    assert.match(String(late.reason), /after the round was judged/);
  });

  it('judges an older round when a newer one has begun, but not on one voice alone', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ byzantine: '0' }));
    for (const client of [1, 2, 3]) runtime.send('k', honest(client));
    const newer = { round: 2, attempt: 'a2' };
    runtime.send('k', attacker(newer));
    await wait(100);
    assert.equal(runtime.received('through').length, 0);
    runtime.send('k', honest(1, newer));
    await runtime.next('through');
    assert.ok((through(runtime) as unknown as UpdateMessage[]).every(({ fl }) => fl.round === 1));
  });

  it('takes one update of each client, none that is not finite, and no more than its memory holds', async () => {
    runtime = await startRuntime(['krum-filter'], flow({ memory: '1' }));
    runtime.send('k', honest(1));
    runtime.send('k', honest(1));
    assert.match(String((await runtime.next('rejected')).reason), /second update/);
    runtime.send('k', update([Number.NaN, ...wave(SIZE - 1)], { client: 'nan' }));
    assert.match(String((await runtime.next('rejected', ({ fl }) => fl?.client === 'nan')).reason), /NaN/);
    const large = 150_000;
    runtime.send('k', update(new Float32Array(large), { client: 'large', tensors: [[large, 1]] }));
    assert.match(String((await runtime.next('rejected', ({ fl }) => fl?.client === 'large')).reason), /more than 1 MB/);
  });

  it('does not let a liar choose when the others are judged, or against what', async () => {
    runtime = await startRuntime(['krum-filter'], flow());
    // Says that it alone was asked, that there is no time, and that the model has another shape.
    runtime.send('k', update([1, 2], { client: 'liar', expected: 1, deadlineMs: 0, tensors: [[2, 1]] }));
    await wait(50);
    for (const client of [1, 2, 3, 4, 5]) runtime.send('k', honest(client, { expected: 6, deadlineMs: 60000 }));
    const rejected = await runtime.next('rejected', ({ fl }) => fl?.client === 'liar');
    assert.match(String(rejected.reason), /another shape/);
    assert.equal(through(runtime).length, 2);
  });

  it('drops a round in the middle at a redeploy, and begins anew', async () => {
    runtime = await startRuntime(['krum-filter'], flow());
    for (const client of [1, 2, 3, 4]) runtime.send('k', honest(client));
    await runtime.deploy(flow({ name: 'changed' }));
    assert.equal(runtime.received('through').length + runtime.received('rejected').length, 0);
    for (const client of [1, 2, 3, 4]) runtime.send('k', honest(client));
    runtime.send('k', attacker());
    await runtime.next('rejected', ({ fl }) => fl?.client === 'attacker');
    assert.equal(through(runtime).length, 2);
  });

  it('passes models and every other message of the suite on', async () => {
    runtime = await startRuntime(['krum-filter'], flow());
    runtime.send('k', modelMessage(wave()));
    assert.equal((await runtime.next('through')).fl?.kind, 'model');
  });

  for (const settings of [
    { method: 'centered-clip' },
    { method: 'norm-clip' },
    { method: 'fltrust', trusted: 'mine' },
  ]) {
    it(`${settings.method}: survives mutated messages, and still judges a round`, async () => {
      runtime = await startRuntime(['krum-filter'], flow(settings));
      for (const msg of mutated([honest(1), attacker(), honest(2, { client: 'mine' })], 1000, 3))
        runtime.send('k', msg);
      const header = { federation: 'other', attempt: 'z' };
      for (const client of [1, 2, 3, 4]) runtime.send('k', honest(client, header));
      runtime.send('k', honest(5, { ...header, client: 'mine' }));
      await runtime.next('through', ({ fl }) => fl?.federation === 'other' && fl.kind === 'update');
      assert.equal(isPolluted(), false);
    });
  }

  it('survives thousands of mutated messages, and still judges a round', async () => {
    runtime = await startRuntime(['krum-filter'], flow());
    const good = [honest(1), honest(2), attacker(), modelMessage(wave())];
    for (const msg of mutated(good, 4000, 2)) runtime.send('k', msg);
    const header = { federation: 'other', attempt: 'z' };
    for (const client of [1, 2, 3, 4]) runtime.send('k', honest(client, header));
    runtime.send('k', attacker(header));
    const wanted = ({ fl }: Received) => fl?.federation === 'other' && fl.client === 'attacker';
    assert.match(String((await runtime.next('rejected', wanted)).reason), /Rank 5 of 5/);
    assert.equal(isPolluted(), false);
  });
});
