/** Drawings for the process tests: the factory example with what a test listens to. */
import { factoryNodes, factorySettings } from '../../scripts/demo/factory';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { addProbe, nodesOf, wire } from '../../scripts/lib/example';

/** Everything that a node tells the catch node of its tab. */
export function listenToErrors(flow: FlowNode[]): void {
  const caught = addProbe(
    flow,
    'hear-errors',
    `report({ kind: 'error', message: msg.error.message, node: msg.error.source.name });`,
    0,
  );
  flow.push({
    id: 'catch',
    type: 'catch',
    z: caught.z,
    x: 100,
    y: 2000,
    scope: null,
    uncaught: false,
    wires: [[caught.id]],
  });
}

/** Every message of the second output of the aggregator, every privacy account, and everything caught. */
export function listen(flow: FlowNode[]): void {
  const { aggregator } = factoryNodes(flow);
  const rounds = addProbe(
    flow,
    'hear-rounds',
    `report({ kind: 'round', round: msg.payload.round, void: msg.payload.void, tree: msg.payload.tree });`,
    0,
  );
  wire(aggregator, 1, rounds);
  listenToErrors(flow);
  const noise = nodesOf(flow, 'fl-dp-noise')[0];
  if (!noise) return;
  const privacy = addProbe(
    flow,
    'hear-privacy',
    `const { client, round, epsilon } = msg.payload;\nreport({ kind: 'privacy', client, round, epsilon });`,
    0,
  );
  wire(noise, 1, privacy);
}

/**
 * The ten plants without an end and without a pause, each round private, with FedYogi, all of it kept on disk. `privacy`: other settings of
 * fl-dp-noise.
 */
export function privateFactory(privacy: Record<string, string> = {}): FlowNode[] {
  const flow = factorySettings({ rounds: 0 });
  const [quantize] = nodesOf(flow, 'fl-quantize');
  const noise: FlowNode = {
    id: 'noise',
    type: 'fl-dp-noise',
    z: quantize.z,
    x: 100,
    y: 1900,
    name: 'privacy',
    mode: 'local',
    clippingNorm: '1',
    noise: 'multiplier',
    noiseMultiplier: '1',
    targetEpsilon: '8',
    releases: '100',
    delta: '1e-5',
    budget: '100000',
    budgetType: 'num',
    statistics: 'pass',
    samplingRate: '1',
    wires: [[quantize.id], []],
    ...privacy,
  };
  flow.push(noise);
  // It remembers two vectors of the model's length over the rounds.
  Object.assign(factoryNodes(flow).aggregator, { strategy: 'fedyogi', serverLearningRate: '0.01' });
  for (const client of nodesOf(flow, 'fl-client')) {
    client.persistent = 'true';
    client.wires = [[noise.id], []];
  }
  listen(flow);
  return flow;
}
