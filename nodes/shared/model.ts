/** The fl-model of a node: what the config node offers, and how the others find it. */
import { join } from 'node:path';
import { refuseConsensus } from '../../lib/model/consensus';
import type { Layout } from '../../lib/model/layout';
import type { ModelSpec } from '../../lib/model/spec';
import type { Normalisation } from '../../lib/training/engine';
import { RefusedError } from '../../lib/update/message';
import type { FlowNode, Red, Settings } from './red';
import { text } from './settings';
import type { Shell } from './shell';

export type EngineChoice = 'auto' | 'core' | 'tfjs';

export interface Model {
  spec: ModelSpec;
  layout: Layout;
  /** SHA-256 of the canonical specification, in hex. */
  fingerprint: string;
  /** federated: the aggregator gathers the statistics of the clients first. */
  normalisation: 'federated' | 'none' | Normalisation;
  engine: EngineChoice;
  /** The first weights when the model was imported with its weights; absent: made from the seed. */
  weights?: Float32Array;
  /** The file of the frozen backbone that the specification names. */
  backbone?: Uint8Array;
  /** What the user calls it. */
  name: string;
}

/** The node behind type "fl-model". */
export interface ModelNode extends FlowNode {
  type: 'fl-model';
  /** Resolves when the specification is read and checked; rejects with a RefusedError that says what to mend. */
  model(): Promise<Model>;
}

const isModelNode = (node: FlowNode | undefined | null): node is ModelNode =>
  node?.type === 'fl-model' && typeof (node as Partial<ModelNode>).model === 'function';

/** The network that the field of a node points to. Rejects with one sentence when there is none or it is not valid. */
export async function findModel(RED: Red, id: unknown): Promise<Model> {
  const model = await findAnyModel(RED, id);
  refuseConsensus(model.spec);
  return model;
}

/** A network, or the predictions of a federation on public rows. Rejects as findModel does. */
export async function findAnyModel(RED: Red, id: unknown): Promise<Model> {
  if (typeof id !== 'string' || id === '') {
    throw new RefusedError(
      'no-model',
      'Choose a model: open this node and pick or add an fl-model in the field "Model".',
    );
  }
  const node: FlowNode | null = RED.nodes.getNode(id);
  if (!isModelNode(node)) {
    throw new RefusedError(
      'no-model',
      'The model of this node was deleted or is disabled: open this node, choose another one in the field "Model" and deploy.',
    );
  }
  return node.model();
}

/** Runs `work` once all nodes exist. A node that has no model yet, as it comes from the palette, is not wrong: it waits for one. */
export function whenModelChosen(shell: Shell, settings: Settings, work: () => void | Promise<void>): void {
  shell.whenStarted(() => {
    if (text(settings, 'model') !== '') return work();
    shell.status.waiting('status.noModel');
  });
}

/** Where the suite keeps its state under the user directory of Node-RED. */
export function stateFolder(RED: Red, ...names: string[]): string {
  return join(RED.settings.userDir ?? process.cwd(), 'fl-tinyml', ...names);
}
