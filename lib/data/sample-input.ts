/** What a user may send as samples, made into a block: numbers in an array, an object by feature names, many of either. */
import { sampleSize } from '../model/shapes';
import type { ModelSpec } from '../model/spec';
import { givesProbabilities } from '../model/tasks';
import type { SampleBlock } from '../training/engine';
import { RefusedError, type SamplesHeader } from '../update/message';
import { isMissing, numberOf, quoteCell } from './cell';
import { classIndex, unknownClass } from './labels';
import { editDistance, nearest } from './nearest';
import { decodeSamples } from './samples-message';
import { arranged, severalOf } from './several-labels';

/** What a sample must look like for a model. */
export interface SampleShape {
  width: number;
  /** Target numbers; 0 when none is wanted (predictions, autoencoders). */
  targetWidth: number;
  features?: readonly string[];
  /** Class names; absent: targets are values. */
  labels?: readonly string[];
  /** Any of `labels` at once: a sample has a 0 or 1 for each of them. */
  several?: boolean;
}

/** The part of a Node-RED message that matters here. */
export interface UserMessage {
  payload?: unknown;
  label?: unknown;
  fl?: unknown;
}

/** `targetWidth` for regression is the width of the model's last layer, which layout code knows. */
export function shapeOf(spec: ModelSpec, targetWidth: number): SampleShape {
  return {
    width: sampleSize(spec),
    targetWidth: spec.task === 'anomaly' ? 0 : targetWidth,
    features: spec.features,
    labels: givesProbabilities(spec) ? spec.labels : undefined,
    ...(spec.task === 'multi-label' ? { several: true } : {}),
  };
}

/**
 * What the numbers of a sample mean for a model. Samples that were kept for another meaning must not be used, even when
 * their width fits: class 1 may be another class now.
 */
export function meaningOf(spec: ModelSpec): string {
  const { task, input, features, labels, backbone } = spec;
  return JSON.stringify([task, input, features ?? null, labels ?? null, ...(backbone ? [backbone.sha256] : [])]);
}

type Fields = Record<string, unknown>;
const isNumbers = (value: unknown): value is Float32Array | Float64Array =>
  value instanceof Float32Array || value instanceof Float64Array;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';

function finite(cell: unknown, what: string): number {
  if (isMissing(cell)) throw new RefusedError('not-finite', `${what} is missing: every feature needs a number.`);
  const value = Math.fround(numberOf(cell));
  if (!Number.isFinite(value))
    throw new RefusedError('not-finite', `${what} is ${quoteCell(cell)}, which is no finite number.`);
  return value;
}

function featuresOf(sample: unknown, shape: SampleShape): number[] {
  if (Array.isArray(sample) || isNumbers(sample)) {
    const flat: unknown[] = Array.isArray(sample) && sample.some(Array.isArray) ? sample.flat(3) : [...sample];
    if (flat.length !== shape.width) {
      throw new RefusedError(
        'feature-count',
        `The model takes ${shape.width} features, but the sample has ${flat.length}.`,
      );
    }
    return flat.map((cell, i) => finite(cell, shape.features ? `Feature "${shape.features[i]}"` : `Feature ${i + 1}`));
  }
  if (isObject(sample)) {
    const { features } = shape;
    if (!features) {
      throw new RefusedError(
        'feature-names',
        'The model has no feature names: name them in the model, or send an array of numbers.',
      );
    }
    const absent = features.find((name) => !Object.hasOwn(sample, name));
    if (absent !== undefined) {
      const names = Object.keys(sample);
      const [close] = nearest(absent, names, 1).filter((name) => editDistance(name, absent) <= absent.length / 2);
      const has = names.length === 0 ? 'has none' : `has ${names.slice(0, 5).map(quoteCell).join(', ')}`;
      const hint = close === undefined ? `it ${has}.` : `is it "${close}"?`;
      throw new RefusedError('feature-names', `The sample has no feature "${absent}"; ${hint}`);
    }
    return features.map((name) => finite(sample[name], `Feature "${name}"`));
  }
  throw new RefusedError(
    'sample',
    `A sample is an array of numbers or an object by feature names, not ${quoteCell(sample)}.`,
  );
}

function targetsOf(label: unknown, shape: SampleShape): number[] {
  const { labels, targetWidth } = shape;
  if (targetWidth === 0) return [];
  if (label === undefined || label === null) {
    throw new RefusedError(
      'no-label',
      'The sample has no label: put it into msg.label, or send it to fl-predict instead.',
    );
  }
  if (labels && shape.several) return severalOf(label, labels);
  if (labels) {
    const index = classIndex(label, labels);
    if (index < 0) throw new RefusedError('unknown-label', unknownClass(label, labels));
    return [index];
  }
  const values = Array.isArray(label) || isNumbers(label) ? [...label] : [label];
  if (values.length !== targetWidth) {
    throw new RefusedError(
      'target-count',
      `The model foretells ${targetWidth} numbers, but msg.label has ${values.length}.`,
    );
  }
  return values.map((value, i) => finite(value, `Number ${i + 1} of msg.label`));
}

function fromSuite(fl: Fields, payload: unknown, shape: SampleShape): SampleBlock {
  const header = fl as unknown as SamplesHeader;
  const block = decodeSamples(header, payload);
  if (header.width !== shape.width) {
    throw new RefusedError(
      'feature-count',
      `The model takes ${shape.width} features, but the samples have ${header.width}.`,
    );
  }
  if (shape.targetWidth === 0) return { ...block, targets: new Float32Array(0) };
  if (header.targets !== shape.targetWidth) {
    throw new RefusedError(
      'target-count',
      `The model needs ${shape.targetWidth} targets a sample, but the samples have ${header.targets}.`,
    );
  }
  if (shape.labels && shape.several) block.targets = arranged(block, header.classes, shape.labels);
  else if (shape.labels) block.targets = translate(block.targets, header.classes, shape.labels);
  return block;
}

/** From the sender's class numbers to the model's; the names decide. */
function translate(targets: Float32Array, classes: unknown, labels: readonly string[]): Float32Array {
  const names = Array.isArray(classes) ? classes : labels;
  const map = names.map((name) => classIndex(name, labels));
  return targets.map((target) => {
    const index = Number.isInteger(target) ? map[target] : undefined;
    if (index === undefined)
      throw new RefusedError(
        'unknown-label',
        `${target} is no class number: the classes are 0 to ${names.length - 1}.`,
      );
    if (index < 0) throw new RefusedError('unknown-label', unknownClass(names[target], labels));
    return index;
  });
}

/** { features: ..., label } or the features themselves. */
const wrapped = (sample: unknown): unknown =>
  isObject(sample) && !isScalar(sample.features) && sample.features !== undefined ? sample.features : sample;

const leaves = (value: unknown): number => {
  if (Array.isArray(value)) return value.flat(3).length;
  return isNumbers(value) ? value.length : 1;
};

/** [[...], [...]] is one sample of several steps when only all of it together has the model's number of features. */
const isOneNested = (payload: unknown[], width: number): boolean =>
  payload.every(Array.isArray) && leaves(payload) === width && leaves(payload[0]) !== width;

/**
 * The samples of a message. `msg.payload`: an array, Float32Array or object (one sample), or an array of such; labels
 * in `msg.label` (one, or one for each sample) or as `label` within each object; or a 'samples' message of the suite.
 * Throws RefusedError with a sentence.
 */
export function samplesFrom(message: UserMessage, shape: SampleShape): SampleBlock {
  const { payload, fl } = message;
  if (isObject(fl) && fl.kind === 'samples') return fromSuite(fl, payload, shape);
  if (payload === undefined || payload === null) {
    throw new RefusedError('sample', 'msg.payload is empty: send an array of numbers or an object by feature names.');
  }
  if (Buffer.isBuffer(payload)) {
    throw new RefusedError('sample', 'msg.payload is a Buffer: turn it into an array of numbers or an object first.');
  }
  if (typeof payload === 'string') {
    throw new RefusedError('sample', 'msg.payload is text: put a json (or csv) node before this one.');
  }
  // Holes of a list are nothing, and no samples of zeros.
  const items: unknown[] | undefined = Array.isArray(payload) ? Array.from(payload) : undefined;
  const many = items !== undefined && items.length > 0 && !isOneNested(items, shape.width) && !items.some(isScalar);
  const samples: unknown[] = many ? items : [items ?? payload];
  const { label } = message;
  if (many && Array.isArray(label) && label.length !== samples.length) {
    throw new RefusedError(
      'label-count',
      `There are ${samples.length} samples, but msg.label has ${label.length} labels.`,
    );
  }
  const features = new Float32Array(samples.length * shape.width);
  const targets = new Float32Array(samples.length * shape.targetWidth);
  samples.forEach((sample, i) => {
    features.set(featuresOf(wrapped(sample), shape), i * shape.width);
    const own = isObject(sample) && Object.hasOwn(sample, 'label') ? sample.label : undefined;
    targets.set(targetsOf(many && Array.isArray(label) ? label[i] : (label ?? own), shape), i * shape.targetWidth);
  });
  return { features, targets, count: samples.length };
}
