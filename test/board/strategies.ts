/** Strategies whose clients do more than plain training: two boards and two gateways against four gateways. */
import assert from 'node:assert/strict';
import type { OpenLine } from '../../lib/board/board';
import type { StrategyOptions } from '../../lib/federation/strategies/options';
import { parseSpec } from '../../lib/model';
import { type FederationPlan, onGateways, runFederation } from './members';

const spec = parseSpec({
  version: 1,
  task: 'classify',
  input: [9],
  layers: [
    { type: 'dense', units: 14, activation: 'relu' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
  labels: ['low', 'middle', 'high'],
  seed: 11,
});

export const strategies: StrategyOptions[] = [
  { name: 'fedprox', mu: 0.1 },
  { name: 'scaffold', option: 1 },
  { name: 'scaffold', option: 2 },
  { name: 'feddyn', alpha: 0.1 },
  { name: 'fedsgd' },
];
export const titleOf = ({ name, ...more }: StrategyOptions): string =>
  [name, ...Object.entries(more).map(([key, value]) => `${key} ${value}`)].join(', ');

/** `boards`: two of them. */
export async function sameBits(strategy: StrategyOptions, boards: OpenLine[], rounds: number): Promise<void> {
  const training = { epochs: 2, batchSize: 8, optimizer: 'sgd' as const, learningRate: 0.05 };
  const plan: FederationPlan = {
    spec,
    rows: 30,
    rounds,
    training,
    strategy,
    members: [
      ...boards.map((openLine, k) => ({ name: `board ${k}`, bits: 0 as const, openLine })),
      { name: 'gateway 0', bits: 0 },
      { name: 'gateway 1', bits: 0 },
    ],
  };
  const mixed = await runFederation(plan);
  const alone = await runFederation(onGateways(plan));
  assert.deepEqual(mixed.refused, []);
  assert.deepEqual(mixed.updates, Array(rounds).fill(4));
  assert.ok(Buffer.from(mixed.weights.buffer).equals(Buffer.from(alone.weights.buffer)));
  const plain = await runFederation(onGateways({ ...plan, strategy: { name: 'fedavg' } }));
  assert.ok(
    !Buffer.from(plain.weights.buffer).equals(Buffer.from(alone.weights.buffer)),
    'the strategy does something',
  );
}
