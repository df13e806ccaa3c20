/** The model that a federation learns, as both of its sides need it. */
import { fingerprint, initialWeights, type Layout, layoutOf, type ModelSpec } from '../model';
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

/** The tensors of `vectors` vectors of the model's length, one behind the other. */
export const tensorSizes = (layout: Layout, vectors = 1): TensorSizes =>
  Array.from({ length: vectors }, () => layout.tensors).flatMap((tensors) =>
    tensors.map(({ size, channels }): [number, number] => [size, channels]),
  );
