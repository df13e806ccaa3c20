/** Each task drawn as a flow: rows, clients, aggregator, evaluation and prediction. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnomalyFigures } from '../../../lib/metrics/anomalies';
import type { Regression } from '../../../lib/metrics/evaluation';
import type { MultiLabel } from '../../../lib/metrics/multi-label';
import { generator } from '../../../lib/random/generator';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { palette, pumpFlow } from './factory';

const folder = mkdtempSync(join(tmpdir(), 'fl-tasks-'));
const random = generator(5, 'tasks');
const lines = ['plant,heat,noise,leak,worn,load,cost,state'];
for (let i = 0; i < 600; i++) {
  const [heat, noise] = [random.normal(), random.normal()];
  const flags = [heat > 0.3 ? 'yes' : 'no', noise > 0 ? 1 : 0];
  const numbers = [2 * heat - noise, 100 * noise + 500];
  lines.push([i % 2 ? 'north' : 'south', heat, noise, ...flags, ...numbers, 'good'].join(','));
}
// A machine whose noise follows its heat, and what it is like when it no longer does.
const follows = (heat: number): string => `${heat},${heat + 0.2 * random.normal()}`;
const normal = ['plant,heat,noise,state'];
for (let i = 0; i < 600; i++) normal.push(`${i % 2 ? 'north' : 'south'},${follows(random.normal())},good`);
const broken = ['plant,heat,noise,state'];
for (let i = 0; i < 60; i++) {
  const heat = random.normal();
  broken.push(i % 3 === 0 ? `north,${heat},${heat + (i % 2 ? 2 : -2)},broken` : `north,${follows(heat)},good`);
}
writeFileSync(join(folder, 'rows.csv'), lines.join('\n'));
writeFileSync(join(folder, 'normal.csv'), normal.join('\n'));
writeFileSync(join(folder, 'broken.csv'), broken.join('\n'));
after(() => rmSync(folder, { recursive: true, force: true }));

const nodes = [...palette, 'evaluate', 'predict'];
const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });
const around = (evaluate: Record<string, unknown> = {}): FlowItem[] => [
  { id: 'e', z: 't', type: 'fl-evaluate', model: 'm', wires: [['figures']], ...evaluate },
  { id: 'p', z: 't', type: 'fl-predict', model: 'm', keep: false, wires: [['answers']] },
  sink('figures'),
  sink('answers'),
];
const wires = [['north-client', 'south-client', 'told', 'e', 'p'], ['metrics']];
const round = (wanted: number) => (msg: Received) => (msg.payload as { round: number }).round === wanted;

describe('federations of each task', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('several labels at once', async () => {
    runtime = await startRuntime(
      nodes,
      pumpFlow({
        model: { task: 'multi-label', labels: 'worn, leak', layers: [] },
        // The columns stand in another order than the labels of the model.
        dataset: {
          file: 'rows.csv',
          labelKind: 'several',
          labelColumn: 'leak, worn',
          wires: [['north-client'], ['south-client'], ['held', 'e']],
        },
        aggregator: { rounds: '6', learningRate: '1', wires },
        more: around(),
      }),
      folder,
    );
    const figures = (await runtime.next('figures', round(6))).payload as MultiLabel;
    assert.equal(figures.task, 'multi-label');
    assert.deepEqual(
      figures.labels.map(({ label }) => label),
      ['worn', 'leak'],
    );
    assert.ok(figures.macro.f1 > 0.95 && figures.micro.f1 > 0.95, JSON.stringify(figures));
    assert.ok(figures.labels.every(({ averagePrecision: ap }) => (ap ?? 0) > 0.97));
    runtime.send('p', { payload: [2, -2], label: ['leak'] });
    const { labels, scores, expected } = (await runtime.next('answers')).payload as Record<string, unknown>;
    assert.deepEqual([labels, expected], [['leak'], ['leak']]);
    assert.ok((scores as Record<string, number>).leak > 0.5 && (scores as Record<string, number>).worn < 0.5);
    await runtime.statusIs('e', ({ text }) => text === `F1 ${figures.macro.f1.toFixed(3)}`);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('several numbers at once', async () => {
    runtime = await startRuntime(
      nodes,
      pumpFlow({
        model: { task: 'regress', outputs: '2', labels: '', layers: [] },
        dataset: {
          file: 'rows.csv',
          labelKind: 'number',
          labelColumn: 'load, cost',
          wires: [['north-client'], ['south-client'], ['held', 'e']],
        },
        aggregator: { rounds: '8', learningRate: '0.2', wires },
        more: around(),
      }),
      folder,
    );
    const figures = (await runtime.next('figures', round(8))).payload as Regression;
    assert.equal(figures.outputs?.length, 2);
    for (const { r2 } of figures.outputs ?? []) assert.ok(r2 > 0.95, JSON.stringify(figures));
    runtime.send('p', { payload: [1, 1] });
    const { values } = (await runtime.next('answers')).payload as { values: number[] };
    assert.ok(Math.abs(values[0] - 1) < 0.5 && Math.abs(values[1] - 600) < 20, `${values}`);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('anomalies: a threshold from the clients’ errors, a verdict, and false alarms a day', async () => {
    const test: FlowItem = {
      id: 'test',
      z: 't',
      type: 'fl-dataset',
      source: 'file',
      file: 'broken.csv',
      features: [{ columns: 'heat, noise', kind: 'value' }],
      labelKind: 'class',
      labelColumn: 'state',
      classes: 'good, broken',
      holdOut: 'all',
      wires: [[], ['e']],
    };
    runtime = await startRuntime(
      nodes,
      pumpFlow({
        model: { task: 'anomaly', labels: '', layers: [{ type: 'dense', units: 1, activation: 'linear' }] },
        dataset: { file: 'normal.csv', labelKind: 'none' },
        aggregator: { rounds: '5', learningRate: '0.1', threshold: 'quantile', quantile: '0.98', wires },
        more: [...around({ samplesPerDay: '288' }), test],
      }),
      folder,
    );
    const figures = (await runtime.next('figures', round(5))).payload as AnomalyFigures;
    assert.deepEqual([figures.normal, figures.anomalies], [40, 20]);
    assert.ok((figures.averagePrecision ?? 0) > 0.95 && (figures.detection ?? 0) > 0.9, JSON.stringify(figures));
    assert.equal(figures.falseAlarmsPerDay, (figures.falseAlarmRate ?? 1) * 288);
    assert.ok((figures.falseAlarmRate ?? 1) < 0.2);
    const metrics = runtime
      .received('metrics')
      .map(({ payload }) => payload as { threshold?: { value: number; samples: number } });
    assert.equal(metrics.at(-1)?.threshold?.value, figures.threshold);
    assert.equal(
      metrics.at(-1)?.threshold?.samples,
      runtime.received('events').reduce((sum, { payload }) => {
        const { event, round: of, samples } = payload as { event: string; round: number; samples: number };
        return event === 'trained' && of === 5 ? sum + samples : sum;
      }, 0),
    );
    for (const [payload, anomaly] of [
      [[0.5, 0.5], false],
      [[1, -1], true],
    ] as const) {
      runtime.send('p', { payload });
      const answer = (
        await runtime.next('answers', ({ payload: given }) => (given as { anomaly: boolean }).anomaly === anomaly)
      ).payload as Record<string, number>;
      assert.equal(answer.threshold, figures.threshold);
      assert.equal(answer.score, answer.error / answer.threshold);
      assert.equal(answer.score > 1, anomaly);
    }
    assert.deepEqual(runtime.received('caught'), []);
  });
});
