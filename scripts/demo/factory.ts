/** The factory example, changed only in what a run without a window needs: no pause, a round at a time, and ears. */
import type { FlowNode } from '../lib/admin-api';
import { addInject, addProbe, factoryExample, nodesOf, readExample, theNode, wire } from '../lib/example';

/** A message of the evaluator ("fl/evaluation") or of the aggregator ("fl/metrics"). */
export interface Report {
  topic: string;
  payload: Record<string, unknown>;
}

export interface FactoryChanges {
  seed?: number;
  rounds?: number;
}

export const factoryNodes = (flow: readonly FlowNode[]) => ({
  aggregator: theNode(flow, 'fl-aggregator'),
  model: theNode(flow, 'fl-model'),
  evaluator: theNode(flow, 'fl-evaluate'),
  training: theNode(flow, 'fl-dataset', 'Engines of ten plants'),
  test: theNode(flow, 'fl-dataset', '100 other engines'),
});

/** The example's settings with the changes in them. */
export function factorySettings({ seed, rounds }: FactoryChanges = {}): FlowNode[] {
  // It asks for predictions from the start: where the first round takes long, before there is a model.
  const flow = readExample(factoryExample).filter(({ name }) => name !== 'Engine 34, live');
  const { aggregator, model } = factoryNodes(flow);
  aggregator.pause = '0';
  if (rounds !== undefined) aggregator.rounds = String(rounds);
  if (seed !== undefined) {
    for (const node of [aggregator, model, ...nodesOf(flow, 'fl-quantize')]) node.seed = String(seed);
  }
  return flow;
}

/** Each round begins when the model before has been measured, so that every round has its figures. */
export function factoryFlow(changes: FactoryChanges = {}): FlowNode[] {
  const flow = factorySettings(changes);
  const { aggregator, evaluator } = factoryNodes(flow);
  aggregator.start = 'message';
  const ears = addProbe(
    flow,
    'demo-ears',
    `report({ topic: msg.topic, payload: msg.payload });
if (msg.topic === 'fl/evaluation') return { topic: 'step' };`,
  );
  wire(evaluator, 0, ears);
  wire(aggregator, 1, ears);
  wire(ears, 0, aggregator);
  addInject(flow, 'demo-begin', 'step', aggregator);
  return flow;
}
