/** From a chain of Keras layers to a specification, with the tensors that it needs. */
import { layoutOf } from '../layout';
import { outputActivation, parseSpec } from '../parse-spec';
import { product } from '../shapes';
import type { LayerSpec, Loss, ModelSpec, Task } from '../spec';
import { givesProbabilities } from '../tasks';
import { activationName, activationTranslators } from './activation';
import { type Building, called, noteTraining, type Translator } from './building';
import type { Chain } from './chain';
import { coreTranslators } from './core-layers';
import { foreignTranslators } from './foreign-layers';
import { idleTranslators, inputTranslators, setNormalisation } from './input-layers';
import { refuseFile } from './refuse-file';
import type { FileLayer, FileTensor, TensorSource } from './tensor';

/** What a file does not say. */
export interface ImportWish {
  /** Default: classify when the model ends in softmax, or sigmoid with one unit; else regress. */
  task?: Task;
  labels?: string[];
  features?: string[];
  loss?: Loss;
  seed?: number;
}

export interface ImportedModel {
  spec: ModelSpec;
  /** Absent when the file has none: the model then starts from its seed. */
  weights?: Float32Array;
  /** From a Normalization or Rescaling layer at the front. */
  normalisation?: { mean: number[]; std: number[] };
  /** What was changed, left out or guessed: one sentence each. */
  notes: string[];
}

const translators: ReadonlyMap<string, Translator> = new Map(
  Object.entries({
    ...inputTranslators,
    ...idleTranslators,
    ...activationTranslators,
    ...coreTranslators,
    ...foreignTranslators,
  }),
);
const idle = new Set([...Object.keys(idleTranslators), 'InputLayer']);

function lastActivation(layers: readonly FileLayer[]): string {
  const last = layers.findLast((layer) => !idle.has(layer.className));
  if (!last) return 'linear';
  return last.className === 'Softmax' ? 'softmax' : activationName(last.config.get('activation'), last);
}

function translator(layer: FileLayer): Translator {
  const found = translators.get(layer.className);
  return (
    found ??
    refuseFile(`The layer ${called(layer)} is not supported; replace it by another, or leave it out of the model.`)
  );
}

/** All tensors in the order of the layout, checked against it, as one vector. */
function joined(spec: Pick<ModelSpec, 'input' | 'layers'>, tensors: readonly FileTensor[]): Float32Array {
  const layout = layoutOf(spec);
  if (tensors.length !== layout.tensors.length) {
    return refuseFile(`The file has ${tensors.length} tensors, but its layers need ${layout.tensors.length}.`);
  }
  const weights = new Float32Array(layout.size);
  for (const [index, { name, shape, data }] of tensors.entries()) {
    const slot = layout.tensors[index];
    if (shape.join() !== slot.shape.join() || data.length !== slot.size) {
      return refuseFile(`The tensor ${name} has the shape [${shape}], but its layer needs [${slot.shape}].`);
    }
    if (!data.every(Number.isFinite)) return refuseFile(`The tensor ${name} has numbers that are not finite.`);
    weights.set(data, slot.offset);
  }
  return weights;
}

/** The numbers of the labels when nobody named them. */
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);

/** Puts in what the task needs at the end; the file may have left the activation to the loss. */
function finish(
  layers: LayerSpec[],
  task: Task,
  outputs: number,
  wish: ImportWish,
  notes: Set<string>,
): string[] | undefined {
  if (!givesProbabilities({ task })) return undefined;
  const last = layers[layers.length - 1];
  if (last && 'activation' in last && last.activation === 'linear') {
    last.activation = outputs === 1 || task === 'multi-label' ? 'sigmoid' : 'softmax';
    notes.add(`The model gave logits: ${last.activation} was put at its end, so that it gives probabilities.`);
  }
  if (wish.labels) return wish.labels;
  const labels = numbered(task === 'classify' && outputActivation(layers) === 'sigmoid' && outputs === 1 ? 2 : outputs);
  notes.add(`The file does not name the classes: they are called ${labels[0]} to ${labels[labels.length - 1]}.`);
  return labels;
}

/** `tensors` is absent when there are no weights. Throws RefusedError with a sentence. */
export function translate(chain: Chain, wish: ImportWish, tensors: TensorSource | undefined): ImportedModel {
  const ending = lastActivation(chain.layers);
  const notes = new Set<string>();
  const into: Building = {
    input: [...chain.input],
    shape: [...chain.input],
    layers: [],
    notes,
    keras3: chain.keras3,
    classify: (wish.task ?? 'classify') === 'classify',
    atEnd: false,
  };
  if (chain.input.length > 3) return refuseFile(`The input has ${chain.input.length} axes; three are the most.`);
  const found: FileTensor[] = [];
  for (const [index, layer] of chain.layers.entries()) {
    into.atEnd = chain.layers.slice(index + 1).every(({ className }) => idle.has(className));
    noteTraining(layer, into);
    const wanted = translator(layer)(layer, into);
    const own = tensors && wanted.length > 0 ? tensors(layer, index, wanted) : [];
    if (layer.className !== 'Normalization') found.push(...own);
    else if (own.length === 2) setNormalisation(layer, into, [...own[0].data], [...own[1].data]);
    else if (wanted.length > 0) return refuseFile(`${called(layer)} has no mean and variance; adapt it to data first.`);
  }
  const outputs = product(into.shape);
  const classify = ending === 'softmax' || (ending === 'sigmoid' && outputs === 1);
  const task = wish.task ?? (classify ? 'classify' : 'regress');
  if (!wish.task) notes.add(`The file does not name the task: ${task} was taken from its last layer.`);
  const labels = finish(into.layers, task, outputs, wish, notes);
  const spec = parseSpec({
    version: 1,
    task,
    input: into.input,
    layers: into.layers,
    labels,
    features: wish.features,
    loss: wish.loss,
    seed: wish.seed,
  });
  const result: ImportedModel = { spec, notes: [] };
  if (tensors) result.weights = joined(spec, found);
  else notes.add('The file has no weights: the model starts from its seed.');
  if (into.normalisation) result.normalisation = into.normalisation;
  return { ...result, notes: [...notes] };
}
