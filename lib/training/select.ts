/** Which engine runs a model, and why. */
import { layerName } from '../model/shapes';
import type { ModelSpec } from '../model/spec';
import { RefusedError } from '../refused';
import type { Engine } from './engine';

/** auto: core where it can, else tfjs. */
export type EngineChoice = 'auto' | 'core' | 'tfjs';

export interface Selection {
  engine: Engine;
  /** One sentence for the user. */
  reason: string;
}

/** Each gives the engine, or the reason why there is none. Called when first needed. */
export interface EngineSources {
  core(): Promise<Engine | string>;
  tfjs(): Promise<Engine | string>;
}

const refuse = (message: string): never => {
  throw new RefusedError('engine', message);
};

/** One sentence for each layer that only tfjs can run. */
export const foreignLayers = (spec: ModelSpec): string[] =>
  spec.layers.flatMap((layer, index) =>
    layer.type === 'foreign' ? [`${layerName(index, layer)} is not in the core engine.`] : [],
  );

/** What will run this model, as far as the model itself tells: for a dialogue or a status, without loading anything. */
export function plannedEngine(spec: ModelSpec, choice: EngineChoice): { name: 'core' | 'tfjs'; reason: string } {
  if (choice !== 'auto') return { name: choice, reason: `The engine ${choice} was asked for.` };
  const lacking = foreignLayers(spec);
  return lacking.length > 0
    ? { name: 'tfjs', reason: `TensorFlow.js runs this model: ${lacking[0]}` }
    : { name: 'core', reason: 'The core engine has all layers of this model.' };
}

async function pickTfjs(sources: EngineSources, because: string): Promise<Selection> {
  const engine = await sources.tfjs();
  if (typeof engine === 'string') return refuse(`${because} ${engine}`.trim());
  return { engine, reason: `TensorFlow.js runs this model${because && `: ${because}`}` };
}

/** Throws RefusedError (code "engine") with a sentence that says what to do when no engine can run the model. */
export async function selectEngine(spec: ModelSpec, choice: EngineChoice, sources: EngineSources): Promise<Selection> {
  if (choice === 'tfjs') return pickTfjs(sources, '');
  const core = await sources.core();
  const lacking = typeof core === 'string' ? [core] : core.lacks(spec);
  if (typeof core !== 'string' && lacking.length === 0) {
    return { engine: core, reason: plannedEngine(spec, choice).reason };
  }
  if (choice === 'core') return refuse(`${lacking[0]} Set the engine to "auto" or "tfjs".`);
  return pickTfjs(sources, lacking[0]);
}
