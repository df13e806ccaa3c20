/** An fl-model so small that its outputs can be computed by hand, and messages that carry weights for it. */
import type { FlowItem } from 'node-red-node-test-helper';
import type { ModelHeader } from '../../lib/update/message';
import { readModel } from '../../nodes/model/read-model';
import type { Model } from '../../nodes/shared/model';
import type { Settings } from '../../nodes/shared/red';
import { modelMessage } from './messages';

/** Two inputs, no hidden layer. */
export const modelNode = (settings: Record<string, unknown> = {}): FlowItem => ({
  id: 'm',
  type: 'fl-model',
  name: '',
  task: 'classify',
  labels: 'no, yes',
  inputShape: '2',
  features: 'heat, noise',
  layers: [],
  addOutput: true,
  normalisation: 'none',
  seed: '1',
  ...settings,
});

export const readSmall = (node: FlowItem = modelNode()): Promise<Model> => readModel(node as unknown as Settings);

/** The first parameters are those given, the rest is 0. */
export async function weightsMessage(
  weights: readonly number[],
  header: Partial<ModelHeader> = {},
  node: FlowItem = modelNode(),
): Promise<ReturnType<typeof modelMessage>> {
  const { layout, fingerprint } = await readSmall(node);
  const all = Array.from({ length: layout.size }, (_, i) => weights[i] ?? 0);
  const tensors = layout.tensors.map(({ size, channels }): [number, number] => [size, channels]);
  return modelMessage(all, { model: fingerprint, tensors, ...header });
}
