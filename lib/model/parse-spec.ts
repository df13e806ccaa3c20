/** A model specification that comes from outside: checked whole, with all defaults filled in. */
import { checkConsensus, parseConsensus } from './consensus';
import { layoutOf } from './layout';
import { limits } from './limits';
import { parseLayer } from './parse-layer';
import { choice, fields, integer, list, names, refuse, text } from './reader';
import { layerName, product, sampleSize, shapesOf } from './shapes';
import type { Activation, BackboneSpec, LayerSpec, Loss, ModelSpec, Task } from './spec';

const tasks: readonly Task[] = ['classify', 'multi-label', 'regress', 'anomaly'];
const losses: readonly Loss[] = ['softmax_cross_entropy', 'sigmoid_cross_entropy', 'mean_squared_error', 'huber'];
const known = ['version', 'task', 'input', 'layers', 'loss', 'labels', 'features', 'seed', 'backbone', 'consensus'];

/** The activation of the model's outputs; undefined when the last layer is one without. */
export function outputActivation(layers: readonly LayerSpec[]): Activation | undefined {
  const last = layers[layers.length - 1];
  return last && 'activation' in last ? last.activation : undefined;
}

function checkClassifier(spec: ModelSpec, labels: string[], outputs: number): void {
  const activation = outputActivation(spec.layers);
  if (activation === 'sigmoid') {
    if (labels.length !== 2 || outputs !== 1) {
      refuse(
        `A sigmoid output tells two labels apart with one unit, but there are ${labels.length} labels and ${outputs} units; use softmax with one unit for each label.`,
      );
    }
    if (spec.loss !== 'sigmoid_cross_entropy') refuse('A sigmoid output needs the loss sigmoid_cross_entropy.');
    return;
  }
  if (activation !== 'softmax') {
    refuse('The last layer of a classifier must have the activation softmax, or sigmoid with one unit for two labels.');
  }
  if (outputs !== labels.length) {
    refuse(
      `The last layer has ${outputs} units, but there are ${labels.length} labels; give it ${labels.length} units.`,
    );
  }
  if (spec.loss !== 'softmax_cross_entropy') refuse('A softmax output needs the loss softmax_cross_entropy.');
}

function checkMultiLabel(spec: ModelSpec, outputs: number, flat: boolean): void {
  const { labels } = spec;
  if (!labels) refuse('A multi-label model needs its labels: a list of names.');
  if (!flat) refuse('The output of a multi-label model must be flat: put a flatten layer before the last dense layer.');
  if (outputActivation(spec.layers) !== 'sigmoid') {
    refuse('The last layer of a multi-label model must have the activation sigmoid: each label is told by itself.');
  }
  if (outputs !== labels?.length) {
    refuse(`The last layer has ${outputs} units, but there are ${labels?.length} labels; give it one for each.`);
  }
  if (spec.loss !== 'sigmoid_cross_entropy') refuse('A multi-label model needs the loss sigmoid_cross_entropy.');
}

function checkTask(spec: ModelSpec): void {
  const shapes = shapesOf(spec);
  const outputs = product(shapes[shapes.length - 1]);
  const head = spec.layers.length - 1;
  for (const [index, layer] of spec.layers.entries()) {
    if ('activation' in layer && layer.activation === 'softmax' && (spec.task !== 'classify' || index !== head)) {
      refuse(`${layerName(index, layer)}: softmax belongs in the last layer of a classifier; use another activation.`);
    }
  }
  if (spec.task === 'classify') {
    if (shapes[shapes.length - 1].length !== 1) {
      refuse('The output of a classifier must be flat: put a flatten layer before the last dense layer.');
    }
    const labels = spec.labels ?? refuse('A classifier needs its labels: a list of at least two class names.');
    checkClassifier(spec, labels, outputs);
    return;
  }
  if (spec.task === 'multi-label') {
    checkMultiLabel(spec, outputs, shapes[shapes.length - 1].length === 1);
    return;
  }
  if (spec.labels) refuse(`Labels belong to a classifier; remove them, or change the task from ${spec.task}.`);
  if (spec.loss !== 'mean_squared_error' && spec.loss !== 'huber') {
    refuse(`The task ${spec.task} needs the loss mean_squared_error or huber, not ${spec.loss}.`);
  }
  if (spec.task === 'anomaly' && outputs !== product(spec.input)) {
    refuse(
      `Detecting anomalies needs as many outputs as inputs, but there are ${outputs} outputs and ${product(spec.input)} inputs; give the last layer ${product(spec.input)} units.`,
    );
  }
}

function defaultLoss(task: Task, layers: readonly LayerSpec[]): Loss {
  if (task === 'multi-label') return 'sigmoid_cross_entropy';
  if (task !== 'classify') return 'mean_squared_error';
  return outputActivation(layers) === 'sigmoid' ? 'sigmoid_cross_entropy' : 'softmax_cross_entropy';
}

function parseBackbone(value: unknown, input: readonly number[]): BackboneSpec {
  const read = fields(value, 'The backbone', ['sha256', 'inputs', 'outputs']);
  const size = (name: 'inputs' | 'outputs') =>
    integer(read.get(name), `The number of ${name} of the backbone`, 1, limits.activations);
  const backbone = {
    sha256: text(read.get('sha256'), 'The hash of the backbone', 64),
    inputs: size('inputs'),
    outputs: size('outputs'),
  };
  if (!/^[0-9a-f]{64}$/.test(backbone.sha256)) refuse('The hash of the backbone must be a SHA-256 in hexadecimal.');
  if (backbone.outputs !== product(input)) {
    refuse(
      `The frozen backbone gives ${backbone.outputs} numbers, but the layers take ${product(input)}: make the input shape ${backbone.outputs}, or leave it empty.`,
    );
  }
  return backbone;
}

/**
 * The specification in its canonical form. Throws RefusedError (code "model") with a sentence that says what to change.
 * What it returns shares nothing with `value`.
 */
export function parseSpec(value: unknown): ModelSpec {
  const read = fields(value, 'The model', known);
  if ((read.get('version') ?? 1) !== 1) {
    refuse('The model was written by a newer version of this package; update the package.');
  }
  const task = choice(read.get('task'), 'The task of the model', tasks);
  const input = list(read.get('input'), 'The input shape', 1, 3).map((one) =>
    integer(one, 'Each number of the input shape', 1, limits.dimension),
  );
  if (product(input) > limits.activations) refuse(`The input has more than ${limits.activations} numbers.`);
  const layers = list(read.get('layers'), 'The list of layers', 1, limits.layers).map((layer, index) =>
    parseLayer(layer, `Layer ${index + 1}`),
  );
  const spec: ModelSpec = {
    version: 1,
    task,
    input,
    layers,
    loss: choice(read.get('loss') ?? defaultLoss(task, layers), 'The loss', losses),
    seed: integer(read.get('seed') ?? 0, 'The seed', 0, 0xffffffff),
  };
  if (read.has('backbone')) spec.backbone = parseBackbone(read.get('backbone'), input);
  if (read.has('consensus')) spec.consensus = parseConsensus(read.get('consensus'));
  if (read.has('labels'))
    spec.labels = names(read.get('labels'), 'The labels', task === 'multi-label' ? 1 : 2, limits.labels);
  if (read.has('features')) {
    spec.features = names(read.get('features'), 'The feature names', sampleSize(spec), sampleSize(spec));
  }
  if (layoutOf(spec).size === 0) refuse('The model has nothing to learn; add a dense or convolution layer.');
  if (spec.consensus) checkConsensus(spec);
  else checkTask(spec);
  return spec;
}
