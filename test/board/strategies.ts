/** Federations whose clients do more than plain training: two boards and two gateways against four gateways. */
import assert from 'node:assert/strict';
import type { OpenLine } from '../../lib/board/board';
import type { PersonalWish } from '../../lib/federation/personal/options';
import type { StrategyOptions } from '../../lib/federation/strategies/options';
import { parseSpec } from '../../lib/model';
import type { TrainingOptions } from '../../lib/training/engine';
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

/** What the clients do beside plain training. */
export interface Case {
  title: string;
  strategy?: StrategyOptions;
  training?: Partial<TrainingOptions>;
  personal?: PersonalWish;
}

export const cases: Case[] = [
  { title: 'FedProx', strategy: { name: 'fedprox', mu: 0.1 } },
  { title: 'SCAFFOLD, option 1', strategy: { name: 'scaffold', option: 1 } },
  { title: 'SCAFFOLD, option 2', strategy: { name: 'scaffold', option: 2 } },
  { title: 'FedDyn', strategy: { name: 'feddyn', alpha: 0.1 } },
  { title: 'FedSGD', strategy: { name: 'fedsgd' } },
  { title: 'q-FedAvg', strategy: { name: 'qfedavg', q: 1 } },
  { title: 'FGSM, orthogonal kernels', training: { adversarial: { method: 'fgsm', epsilon: 0.1 }, lipschitz: 0.01 } },
  { title: 'PGD, focal loss', training: { adversarial: { method: 'pgd', epsilon: 0.1, steps: 3 }, focalGamma: 2 } },
  { title: 'local fine-tuning', personal: { method: 'fine-tuning' } },
  { title: 'FedPer', personal: { method: 'fedper', privateLayers: '1' } },
  { title: 'FedRep', personal: { method: 'fedrep', privateLayers: '1' } },
  { title: 'Ditto', personal: { method: 'ditto', lambda: 0.5 } },
  { title: 'Per-FedAvg', personal: { method: 'per-fedavg', variant: 'hessian-free' } },
];

/** `boards`: two of them. */
export async function sameBits(
  { strategy, training, personal }: Case,
  boards: OpenLine[],
  rounds: number,
): Promise<void> {
  const usual = { epochs: 2, batchSize: 8, optimizer: 'sgd' as const, learningRate: 0.05 };
  const plan: FederationPlan = {
    spec,
    rows: 30,
    rounds,
    training: { ...usual, ...training },
    strategy,
    personal,
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
  assert.deepEqual(mixed.personal, alone.personal);
  assert.equal(mixed.personal.length, personal ? 4 : 0);
  if (personal) return;
  const plain = await runFederation(onGateways({ ...plan, strategy: undefined, training: usual }));
  assert.ok(!Buffer.from(plain.weights.buffer).equals(Buffer.from(alone.weights.buffer)), 'it does something');
}
