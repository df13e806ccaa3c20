/** The model that a federation learns, as both of its sides need it. */
import { fingerprint, initialWeights, type Layout, layoutOf, type ModelSpec } from '../model';
import { generator, streamSeed } from '../random/generator';
import type { Normalisation } from '../training/engine';
import type { TensorSizes } from '../update/message';

export interface FederatedModel {
  spec: ModelSpec;
  layout: Layout;
  /** SHA-256 of the canonical specification, in hex. */
  fingerprint: string;
  /** federated: the aggregator first gathers counts, sums and squares from the clients. */
  normalisation: 'federated' | 'none' | Normalisation;
  /** The first weights of an imported model; absent: made from the seed. */
  weights?: Float32Array;
}

export function federatedModel(
  spec: ModelSpec,
  normalisation: FederatedModel['normalisation'] = 'federated',
): FederatedModel {
  return { spec, layout: layoutOf(spec), fingerprint: fingerprint(spec), normalisation };
}

export const firstWeights = (model: FederatedModel): Float32Array =>
  model.weights ? model.weights.slice() : initialWeights(model.spec);

/** Share of its own size by which each number of an imported model is moved to make another one of it. */
const APART = 0.05;

/** Other first weights for each `index` above 0: from another seed; those of an imported model moved a little, at random. */
export function otherWeights(model: FederatedModel, index: number): Float32Array {
  const seed = streamSeed(model.spec.seed, 'group', index);
  if (!model.weights) return initialWeights({ ...model.spec, seed });
  const random = generator(seed, 'apart');
  return model.weights.map((weight) => weight * (1 + APART * (2 * random.uniform() - 1)));
}

/** The tensors of `vectors` vectors of the model's length, one behind the other. */
export const tensorSizes = (layout: Layout, vectors = 1): TensorSizes =>
  Array.from({ length: vectors }, () => layout.tensors).flatMap((tensors) =>
    tensors.map(({ size, channels }): [number, number] => [size, channels]),
  );
