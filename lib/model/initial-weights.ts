/**
 * The first weights of a model: the same specification gives the same bits everywhere. Each tensor has its own stream
 * of the generator, so that changing one layer leaves the others' start alone.
 */
import { type Generator, generator } from '../random/generator';
import { layoutOf } from './layout';
import { product, shapesOf } from './shapes';
import type { ModelSpec } from './spec';
import { type LayerTensor, layerTensors } from './tensors';

/** Keras's fans: the product of a kernel's spatial axes times its last but one, and times its last axis. */
function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  const spatial = product(shape.slice(0, -2));
  return [spatial * shape[shape.length - 2], spatial * shape[shape.length - 1]];
}

function uniform(into: Float32Array, limit: number, random: Generator): void {
  for (let i = 0; i < into.length; i++) into[i] = (2 * random.uniform() - 1) * limit;
}

/** Normal, redrawn beyond two deviations; 0.8796... is the deviation of that cut normal. */
function truncatedNormal(into: Float32Array, deviation: number, random: Generator): void {
  for (let i = 0; i < into.length; i++) {
    let value = random.normal();
    while (Math.abs(value) > 2) value = random.normal();
    into[i] = (value * deviation) / 0.87962566103423978;
  }
}

/** Rows made orthonormal by Gram-Schmidt (twice, for accuracy), or columns where there are more rows. */
function orthogonal(into: Float32Array, shape: readonly number[], random: Generator): void {
  const [rows, columns] = shape;
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const along = vector.reduce((sum, value, i) => sum + value * other[i], 0);
        for (let i = 0; i < length; i++) vector[i] -= along * other[i];
      }
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (norm > 1e-6) basis.push(vector.map((value) => value / norm));
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      into[row * columns + column] = rows <= columns ? basis[row][column] : basis[column][row];
    }
  }
}

function start(into: Float32Array, tensor: LayerTensor, random: Generator): void {
  const [fanIn, fanOut] = fans(tensor.shape);
  switch (tensor.start) {
    case 'zeros':
      break;
    case 'ones':
      into.fill(1);
      break;
    case 'forget_bias':
      into.fill(1, into.length / 4, into.length / 2);
      break;
    case 'uniform':
      uniform(into, 0.05, random);
      break;
    case 'orthogonal':
      orthogonal(into, tensor.shape, random);
      break;
    case 'glorot_uniform':
      uniform(into, Math.sqrt(6 / (fanIn + fanOut)), random);
      break;
    case 'he_uniform':
      uniform(into, Math.sqrt(6 / fanIn), random);
      break;
    case 'he_normal':
      truncatedNormal(into, Math.sqrt(2 / fanIn), random);
      break;
    case 'lecun_normal':
      truncatedNormal(into, Math.sqrt(1 / fanIn), random);
      break;
  }
}

export function initialWeights(spec: Pick<ModelSpec, 'input' | 'layers' | 'seed'>): Float32Array {
  const { tensors, size } = layoutOf(spec);
  const shapes = shapesOf(spec);
  const weights = new Float32Array(size);
  const owned = spec.layers.flatMap((layer, index) => layerTensors(layer, shapes[index], index));
  for (const [index, tensor] of owned.entries()) {
    const { name, offset, size: length } = tensors[index];
    start(weights.subarray(offset, offset + length), tensor, generator(spec.seed, 'initial-weights', name));
  }
  return weights;
}
