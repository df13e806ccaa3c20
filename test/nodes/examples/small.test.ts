/** The small drawings, as a user imports them: each learns by itself, and shows what it is there to show. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Robustness } from '../../../lib/robustness';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';

const folder = join(__dirname, '..', '..', '..', '..', 'examples', 'flows');
const NODES = [
  'model',
  'dataset',
  'client',
  'serial-device',
  'aggregator',
  'evaluate',
  'dp-noise',
  'krum-filter',
  'adversary',
  'cluster',
  'wire',
  'export',
];
const OWN = [
  'core/common/20-inject',
  'core/common/60-link',
  'core/common/90-comment',
  'core/function/10-function',
  'core/function/15-change',
  'core/function/89-delay',
];

/** As drawn, but what goes to a debug node is kept for the test, under the name that it has there. */
function drawing(number: string): FlowItem[] {
  const file = readdirSync(folder).find((name) => name.startsWith(number));
  const items: FlowItem[] = JSON.parse(readFileSync(join(folder, file ?? number), 'utf8'));
  const debugs = new Map(items.filter(({ type }) => type === 'debug').map(({ id, name }) => [id, String(name)]));
  return items.map((item) => ({
    ...item,
    ...(item.type === 'debug' && { id: debugs.get(item.id) ?? item.id, type: 'sink' }),
    ...(Array.isArray(item.wires) && {
      wires: item.wires.map((output: string[]) => output.map((to) => debugs.get(to) ?? to)),
    }),
    ...(item.type === 'group' && {
      nodes: (item.nodes as string[]).map((id) => debugs.get(id) ?? id),
    }),
  }));
}

type Figures = Record<string, number>;
const figures = (msg: Received): Figures => msg.payload as Figures;
const lastAccuracy = (runtime: Runtime): number => figures(runtime.received('how good').at(-1) as Received).accuracy;

describe('the small examples', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('05: with unlike gateways SCAFFOLD and FedDyn are ahead of the mean, one for twice the bytes and one for none', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('05'));
    const accuracy = async (federation: string, round: number): Promise<number> =>
      figures(await runtime.next(`how good, ${federation}`, (msg) => figures(msg).round === round, 80000)).accuracy;
    for (const federation of ['corrected', 'regularised']) {
      for (const round of [8, 10]) {
        const [ours, mean] = [await accuracy(federation, round), await accuracy('plain', round)];
        assert.ok(ours > mean + 0.02, `${federation} ${ours}, the mean ${mean}`);
      }
      assert.ok((await accuracy(federation, 20)) > 0.95);
    }
    const bytes = (federation: string): number => figures(runtime.received(`rounds, ${federation}`)[0]).bytesUp;
    assert.deepEqual([bytes('corrected'), bytes('regularised')], [2 * bytes('plain'), bytes('plain')]);
  }).timeout(120000);

  it('06: one of five attacked ruins the plain mean and not the federation with a rule', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('06'));
    const after = (federation: string, round: number): Promise<Received> =>
      runtime.next(`how good, ${federation}`, (msg) => figures(msg).round === round, 60000);
    const accuracy = async (federation: string, round: number) => figures(await after(federation, round)).accuracy;
    for (const federation of ['open', 'guarded']) {
      const before = await accuracy(federation, 8);
      assert.ok(before > 0.8, `${federation} before the attack ${before}`);
    }
    const [open, guarded] = [await accuracy('open', 20), await accuracy('guarded', 20)];
    assert.ok(open < 0.3, `the mean ${open}`);
    assert.ok(guarded > 0.88, `with a rule ${guarded}`);
  }).timeout(90000);

  it('15: a model trained on moved samples reads as well, and holds more of the moved ones', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('15'));
    const last = async (federation: string) =>
      (await runtime.next(`how good, ${federation}`, (msg) => figures(msg).round === 20, 60000)).payload as {
        accuracy: number;
        robustness: Robustness;
      };
    const [usual, robust] = [await last('usual'), await last('robust')];
    assert.ok(robust.accuracy > 0.9 && usual.accuracy > 0.9, `${robust.accuracy}, ${usual.accuracy}`);
    for (const way of ['float32', 'int8'] as const) {
      const [without, withIt] = [usual.robustness[way]?.pgd[1] ?? 1, robust.robustness[way]?.pgd[1] ?? 0];
      assert.ok(withIt > without + 0.1, `${way}: ${withIt}, not above ${without}`);
    }
  }).timeout(90000);

  it('17: networks that are unlike each other learn of voices that they have never heard, and a small one what all say', async () => {
    runtime = await startRuntime([...NODES, 'distill', ...OWN], drawing('17'));
    const accuracy = async (whose: string, round: number): Promise<number> =>
      figures(await runtime.next(whose, (msg) => figures(msg).round === round, 60000)).accuracy;
    for (const whose of ['george', 'jackson', 'lucas']) {
      const [alone, together] = [await accuracy(whose, 1), await accuracy(whose, 12)];
      assert.ok(together > 0.86 && together > alone + 0.25, `${whose}: ${alone}, then ${together}`);
    }
    const student = await accuracy('small network', 12);
    assert.ok(student > 0.82, `student ${student}`);
    await runtime.next('int8', () => true, 20000);
  }).timeout(90000);

  it('18: a small network that sees no label reads nearly as well as its teacher', async () => {
    runtime = await startRuntime([...NODES, 'distill', ...OWN], drawing('18'));
    const accuracy = async (whose: string): Promise<number> =>
      figures(await runtime.next(whose, (msg) => figures(msg).round === 10, 60000)).accuracy;
    const [teacher, student] = [await accuracy('large one'), await accuracy('small one')];
    assert.ok(teacher > 0.95 && student > teacher - 0.03, `teacher ${teacher}, student ${student}`);
    await runtime.next('int8', () => true, 20000);
  }).timeout(90000);

  it('08: finds engines that wear out by what healthy ones were like, and judges one of them', async () => {
    runtime = await startRuntime([...NODES, 'predict', ...OWN], drawing('08'));
    const last = await runtime.next('how good', (msg) => figures(msg).round === 20, 60000);
    const { averagePrecision, detection, falseAlarmsPerDay, threshold } = figures(last);
    assert.ok(averagePrecision > 0.7 && detection > 0.8, JSON.stringify(last.payload));
    assert.ok(falseAlarmsPerDay < 0.25, `${falseAlarmsPerDay}`);
    assert.ok(runtime.received('rounds').every((msg) => figures(msg).updates === 10));
    // The engine of the drawing: its row 20 is healthy, the last that there is seven flights before its end.
    const engine = drawing('08').find(({ name }) => name === 'Engine 34, live') as FlowItem;
    runtime.send(engine.id, { topic: 'start' });
    const flights: Figures[] = [];
    await runtime.next(
      'engine 34',
      (msg) => {
        const flight = figures(msg);
        if (flight.threshold === threshold) flights.push(flight);
        return flights.length > 200;
      },
      60000,
    );
    const verdicts = flights.map(({ anomaly, score }) => [anomaly, score] as unknown as [boolean, number]);
    assert.ok(verdicts.every(([anomaly, score]) => anomaly === score > 1));
    assert.deepEqual([verdicts.some(([anomaly]) => anomaly), verdicts.some(([anomaly]) => !anomaly)], [true, true]);
  }).timeout(120000);

  it('09: finds which cameras hang upside down, and has a model for each kind', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('09'));
    const accuracy = async (kind: string, client: string): Promise<number> =>
      figures(await runtime.next(`${kind}, group of ${client}`, (msg) => figures(msg).round === 20, 60000)).accuracy;
    const [upright, turned] = [await accuracy('upright', 'client-1'), await accuracy('turned', 'client-6')];
    assert.ok(upright > 0.9, `upright pictures by the model of the upright ${upright}`);
    assert.ok(turned > 0.9, `turned pictures by the model of the turned ${turned}`);
    const groups = runtime.received('who is where').at(-1)?.payload as { clients: string[] }[];
    assert.deepEqual(groups.map(({ clients }) => clients.join(' ')).sort(), [
      'client-1 client-2 client-3',
      'client-4 client-5 client-6',
    ]);
  }).timeout(90000);

  it('10: learns under noise until the budget is spent, and then stops', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('10'));
    await runtime.next('how good', (msg) => figures(msg).round === 20, 60000);
    const spent = runtime.received('privacy spent').map(({ payload }) => payload as Figures);
    assert.equal(spent.length, 8 * 20);
    assert.ok(spent.every(({ epsilon }) => epsilon <= 8));
    assert.ok((spent.at(-1)?.epsilon ?? 0) > 7.99);
    assert.ok(lastAccuracy(runtime) > 0.85, `${lastAccuracy(runtime)}`);
    // The Catch node hears that the next ones do not leave, and the federation ends.
    const server = (drawing('10').find(({ type }) => type === 'fl-aggregator') as FlowItem).id;
    await runtime.statusIs(server, (s) => /^paused at 21/.test(s.text ?? ''), 15000);
    assert.equal(runtime.received('privacy spent').length, 8 * 20);
  }).timeout(90000);

  it('11: throws the liar out of every round, and learns', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('11'));
    await runtime.next('how good', (msg) => figures(msg).round === 15, 60000);
    const thrown = runtime
      .received('thrown out')
      .map(({ fl, reason }) => ({ ...fl, reason }) as Record<string, unknown>);
    const liars = thrown.filter(({ client }) => client === 'machine-7');
    assert.deepEqual(
      liars.map(({ round }) => round),
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    assert.ok(liars.every(({ reason }) => /^Rank 7 of 7/.test(String(reason))));
    assert.equal(thrown.length, 3 * 15);
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  }).timeout(90000);

  it('16: three updates make a version, and nobody waits for the slow one', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('16'));
    await runtime.next('how good', (msg) => figures(msg).round === 30, 80000);
    const versions = runtime.received('versions').map(figures);
    assert.deepEqual(
      versions.map(({ round, updates }) => [round, updates]),
      Array.from({ length: 30 }, (_, i) => [i + 1, 3]),
    );
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  }).timeout(90000);

  it('14: a board learns among gateways, and answers by itself', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('14'));
    await runtime.next('how good', (msg) => figures(msg).round === 5, 60000);
    assert.ok(runtime.received('rounds').every((msg) => figures(msg).updates === 3));
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
    const asking = drawing('14').find(({ name }) => name === 'worn?') as FlowItem;
    runtime.send(asking.id, {});
    const answer = (await runtime.next('the board says')).payload as Record<string, unknown>;
    assert.equal(answer.label, 'worn');
    assert.ok(Number(answer.confidence) > 0.8);
  }).timeout(90000);

  it('12: learns with nothing but bytes between clients and server', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('12'));
    await runtime.next('how good', (msg) => figures(msg).round === 15, 60000);
    for (const way of ['bytes up', 'bytes down']) {
      const bytes = runtime.received(way);
      assert.ok(bytes.length > 15);
      assert.ok(
        bytes.every(({ payload, fl }) => Buffer.isBuffer(payload) && fl === undefined),
        way,
      );
    }
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  }).timeout(90000);

  it('13: writes files for a board, which decide as the model does', async () => {
    runtime = await startRuntime([...NODES, ...OWN], drawing('13'));
    const last = await runtime.next('report', (msg) => figures(msg).round === 15, 60000);
    const { comparison, paths } = last.payload as {
      comparison: { decisionsChanged: number; int8: { accuracy: number } };
      paths: string[];
    };
    assert.ok(comparison.int8.accuracy > 0.9, `${comparison.int8.accuracy}`);
    assert.ok(comparison.decisionsChanged <= 0.01, `${comparison.decisionsChanged}`);
    assert.deepEqual(
      paths.map((path) => path.split(/[\\/]/).at(-1)),
      ['pump_float32.tflite', 'pump_int8.tflite', 'pump.h'],
    );
    for (const path of paths) assert.ok(readFileSync(path).length > 1000);
    assert.ok(runtime.received('file').every(({ payload }) => Buffer.isBuffer(payload)));
  }).timeout(90000);
});
