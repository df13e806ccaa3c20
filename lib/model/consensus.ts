/** Predictions on public rows, as a specification: what it must look like, and who cannot use it. */
import { RefusedError } from '../refused';
import { fields, refuse, text } from './reader';
import type { ConsensusSpec, ModelSpec } from './spec';

/** Hexadecimal digits of the digest. */
const DIGEST = /^[0-9a-f]{16}$/;

export const isConsensus = (spec: Pick<ModelSpec, 'consensus'>): boolean => spec.consensus !== undefined;

/** For whoever needs a network. Throws RefusedError 'consensus' when the specification is none. */
export function refuseConsensus(spec: Pick<ModelSpec, 'consensus'>): void {
  if (!isConsensus(spec)) return;
  throw new RefusedError(
    'consensus',
    'This model is the predictions of a federation on public rows, not a network: choose it in fl-distill and fl-aggregator only, and here the fl-model of a network.',
  );
}

export function parseConsensus(value: unknown): ConsensusSpec {
  const read = fields(value, 'The consensus', ['digest']);
  const digest = text(read.get('digest'), 'The digest of the public rows', 16);
  if (!DIGEST.test(digest)) {
    refuse('The digest of the public rows must be 16 digits of 0 to 9 and a to f, as fl-distill shows it.');
  }
  return { digest };
}

/** Its one layer gives the vector its shape: the kernel is rows x labels, a channel for each label. */
export function checkConsensus({ task, input, layers, loss, labels, features, backbone }: ModelSpec): void {
  const [layer] = layers;
  const fits =
    task === 'classify' &&
    input.length === 1 &&
    layers.length === 1 &&
    layer.type === 'dense' &&
    layer.activation === 'linear' &&
    layer.useBias === false &&
    layer.initializer === 'zeros' &&
    layer.units === labels?.length &&
    loss === 'softmax_cross_entropy' &&
    !features &&
    !backbone;
  if (fits) return;
  refuse(
    'Predictions on public rows are one linear dense layer that starts with zeros and has no bias, from the number of rows to one unit for each label: let fl-model make it.',
  );
}
