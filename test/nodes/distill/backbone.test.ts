import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicRows } from '../../../lib/distillation';
import { type FlowItem, type Runtime, startRuntime } from '../runtime';
import { dense, isEvent, network, nodes, payload, sentence, sink } from './flows';

const [head, ...lines] = readFileSync(join(__dirname, '../../../../datasets/voices.csv'), 'utf8').trim().split('\n');
const columns = head.split(',').slice(3);
const labels = '0, 1, 2, 3, 4, 5, 6, 7, 8, 9';
const takes = lines
  .map((line) => line.split(','))
  .map(([, take, , ...cells]) => ({ take: Number(take), cells: cells.map(Number) }));
const open = takes.filter(({ take }) => take >= 13).map(({ cells }) => cells);
const { count, digest } = publicRows(
  { features: Float32Array.from(open.flat()), targets: new Float32Array(0), count: open.length },
  columns.length,
);

/** One member looks at the rows through a frozen backbone, the other does not; the student does. */
function flow(): FlowItem[] {
  const common = { labels, features: '', inputShape: '' };
  const backbone = { backbone: 'shipped', backboneShipped: 'voice-backbone.tflite' };
  const data = (id: string, operator: string, wires: string[][], wishes: object): FlowItem => ({
    ...{ id, z: 't', type: 'fl-dataset', model: '', source: 'shipped', shipped: 'voices.csv', holdOut: 'none' },
    ...{ features: [{ columns: columns.join(','), kind: 'value' }], classes: labels },
    ...{
      labelKind: 'class',
      labelColumn: 'digit',
      where: [{ column: 'take', operator, value: '13' }],
      wires,
      ...wishes,
    },
  });
  const member = (name: string, own: string): FlowItem => ({
    ...{
      id: `${name}-node`,
      z: 't',
      type: 'fl-distill',
      role: 'member',
      client: name,
      network: own,
      consensus: 'agreed',
    },
    ...{ federation: 'voices', outputs: 3, persistent: 'false', wires: [['agg'], ['events'], []] },
  });
  return [
    { id: 't', type: 'tab' },
    network('behind', [], { ...common, ...backbone }),
    network('plain', [dense(16)], { ...common, inputShape: String(columns.length) }),
    { id: 'agreed', type: 'fl-model', source: 'consensus', labels, publicRows: String(count), digest },
    data('own-rows', '<', [['ann-node'], ['bob-node'], []], { split: 'iid', clients: '2' }),
    data('open-rows', '>=', [['ann-node', 'bob-node', 'learner'], []], { topic: 'public' }),
    member('ann', 'behind'),
    member('bob', 'plain'),
    {
      ...{
        id: 'agg',
        z: 't',
        type: 'fl-aggregator',
        federation: 'voices',
        model: 'agreed',
        minClients: '2',
        quorum: '2',
      },
      ...{ rounds: '3', epochs: '3', deadline: '30', wires: [['ann-node', 'bob-node', 'learner'], ['metrics']] },
    },
    {
      ...{ id: 'learner', z: 't', type: 'fl-distill', role: 'student', student: 'behind', consensus: 'agreed' },
      ...{ persistent: 'false', start: 'last', wires: [['made', 'teaches'], ['events']] },
    },
    {
      // A student of the student: without a backbone from one that has it.
      ...{ id: 'teaches', z: 't', type: 'fl-distill', role: 'teach', teacher: 'behind', student: 'plain', share: '1' },
      ...{ persistent: 'false', wires: [['plain-made'], ['lessons']] },
    },
    ...['metrics', 'events', 'made', 'plain-made', 'lessons', 'caught'].map(sink),
    { id: 'k', z: 't', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
  ];
}

describe('fl-distill and frozen backbones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fl-distill-'));
  let runtime: Runtime;
  after(async () => {
    await runtime?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('members see the same public rows, with a backbone of their own or without, and so do teacher and student', async () => {
    runtime = await startRuntime(nodes, flow(), folder);
    runtime.send('teaches', { payload: open });
    await runtime.next('metrics', (msg) => payload(msg).round === 3);
    const taught = await runtime.next('events', (msg) => isEvent('taught')(msg) && payload(msg).round === 3);
    assert.equal(payload(taught).rows, count);
    const told = runtime.received('events').filter(isEvent('public-rows')).map(payload);
    assert.deepEqual(told, new Array(3).fill({ event: 'public-rows', rows: count, digest }));
    const lesson = await runtime.next('lessons', (msg) => payload(msg).round === 3);
    assert.ok(Number(payload(lesson).agreement) > 0.8, JSON.stringify(lesson));
    assert.deepEqual(runtime.received('caught').map(sentence), []);
  });
});
