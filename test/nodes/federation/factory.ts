/** A small federation as a drawing: two plants whose pumps fail above 50 degrees, and what the tests wire around it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import type { FlowItem } from '../runtime';

/** 400 rows: the label is "hot" above 50 degrees, and the plants see other shares of it. */
export function pumpRows(): string {
  const random = generator(7, 'pumps');
  const rows = ['plant,heat,noise,label'];
  for (let i = 0; i < 400; i++) {
    const plant = i % 2 ? 'north' : 'south';
    const heat = (plant === 'north' ? 60 : 40) + 15 * random.normal();
    rows.push(`${plant},${heat.toFixed(2)},${random.normal().toFixed(3)},${heat > 50 ? 'hot' : 'cold'}`);
  }
  return rows.join('\n');
}

export function pumpFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'fl-pumps-'));
  writeFileSync(join(folder, 'pumps.csv'), pumpRows());
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Changes {
  model?: Record<string, unknown>;
  dataset?: Record<string, unknown>;
  north?: Record<string, unknown>;
  south?: Record<string, unknown>;
  aggregator?: Record<string, unknown>;
  more?: FlowItem[];
}

/** Sinks: "told" (what goes to the clients), "metrics", "events", "caught", "held". */
export function pumpFlow(changes: Changes = {}): FlowItem[] {
  const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });
  const client = (name: string, wishes: Record<string, unknown> = {}): FlowItem => ({
    id: `${name}-client`,
    z: 't',
    type: 'fl-client',
    name,
    federation: 'pumps',
    model: 'm',
    minSamples: '16',
    persistent: 'false',
    wires: [['agg'], ['events']],
    ...wishes,
  });
  return [
    { id: 't', type: 'tab' },
    ...['told', 'metrics', 'events', 'caught', 'held'].map(sink),
    { id: 'k', z: 't', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
    {
      id: 'm',
      type: 'fl-model',
      name: 'pumps',
      task: 'classify',
      labels: 'cold, hot',
      features: 'heat, noise',
      inputShape: '',
      layers: [{ type: 'dense', units: 4, activation: 'relu' }],
      ...changes.model,
    },
    {
      id: 'data',
      z: 't',
      type: 'fl-dataset',
      name: '',
      model: 'm',
      source: 'file',
      file: 'pumps.csv',
      features: [{ columns: 'heat, noise', kind: 'value' }],
      labelKind: 'class',
      labelColumn: 'label',
      holdOut: 'fraction',
      holdOutPercent: '20',
      holdOutBy: 'sample',
      split: 'column',
      clientColumn: 'plant',
      clientNames: 'north, south',
      wires: [['north-client'], ['south-client'], ['held']],
      ...changes.dataset,
    },
    client('north', changes.north),
    client('south', changes.south),
    {
      id: 'agg',
      z: 't',
      type: 'fl-aggregator',
      name: '',
      federation: 'pumps',
      model: 'm',
      minClients: '2',
      quorum: '2',
      rounds: '5',
      deadline: '20',
      learningRate: '0.1',
      wires: [['north-client', 'south-client', 'told'], ['metrics']],
      ...changes.aggregator,
    },
    ...(changes.more ?? []),
  ];
}

export const palette = ['model', 'dataset', 'client', 'aggregator'];
