/** The five minutes of the README: only what it says is chosen, everything else is as the dialogues have it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../lib/random/generator';
import { dropped } from './palette';
import { type FlowItem, type Runtime, startRuntime } from './runtime';

/** Worn machines are hotter and shake more. */
function machines(): string {
  const random = generator(3, 'machines');
  const rows = ['temperature,vibration,state'];
  for (let i = 0; i < 600; i++) {
    const worn = random.uniform() < 0.4;
    const temperature = (worn ? 70 : 50) + 7 * random.normal();
    const vibration = (worn ? 3 : 1) + 0.7 * random.normal();
    rows.push(`${temperature.toFixed(1)},${vibration.toFixed(2)},${worn ? 'worn' : 'good'}`);
  }
  return rows.join('\n');
}

describe('the tutorial of the README', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'fl-tutorial-'));
  let runtime: Runtime | undefined;
  after(async () => {
    await runtime?.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('learns from the CSV in twenty rounds', async () => {
    writeFileSync(join(userDir, 'machines.csv'), machines());
    const clients = ['client-1', 'client-2', 'client-3'];
    const flow: FlowItem[] = [
      { id: 't', type: 'tab' },
      ...['figures', 'caught'].map((id) => ({ id, z: 't', type: 'sink', wires: [] })),
      { id: 'k', z: 't', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      {
        ...dropped('model', { id: 'm', labels: 'good, worn', features: 'temperature, vibration', inputShape: '2' }),
        z: '',
      },
      dropped('dataset', {
        id: 'data',
        source: 'file',
        file: 'machines.csv',
        features: [{ columns: 'temperature, vibration', kind: 'value' }],
        labelKind: 'class',
        labelColumn: 'state',
        classes: 'good, worn',
        holdOut: 'fraction',
        holdOutPercent: '20',
        holdOutBy: 'sample',
        split: 'iid',
        clients: '3',
        wires: [...clients.map((name) => [name]), ['evaluate']],
      }),
      ...clients.map((name) => dropped('client', { id: name, name, model: 'm', wires: [['aggregator'], []] })),
      dropped('aggregator', { id: 'aggregator', model: 'm', minClients: '3', wires: [[...clients, 'evaluate'], []] }),
      dropped('evaluate', { id: 'evaluate', model: 'm', wires: [['figures']] }),
    ];
    runtime = await startRuntime(['model', 'dataset', 'client', 'aggregator', 'evaluate'], flow, userDir);
    const last = await runtime.next('figures', ({ payload }) => (payload as { round: number }).round === 20);
    const { f1, samples } = last.payload as { f1: number; samples: number };
    assert.deepEqual(runtime.received('caught'), []);
    assert.ok(samples > 80 && samples < 160, `${samples} of 600 samples held out`);
    assert.ok(f1 > 0.9, `F1 ${f1}`);
  });
});
