/**
 * Which numbers of a model are pruned, as one byte for each number: 1 pruned, 0 not. Biases are not pruned by themselves, and what was pruned
 * stays so.
 *
 * - magnitude (Han 2015, arXiv 1506.02626): the least magnitudes of the kernels, of each layer or of all together.
 * - structured (Li 2017, arXiv 1608.08710): whole output channels (filters, units) of the least norm in each hidden layer, with
 *   their biases, at least one stays. The last layer keeps all: its outputs are the answers.
 */
import type { Kernels } from '../core/kernels';
import type { Layout, TensorSlot } from '../model/layout';
import { RefusedError } from '../refused';

export type PruneOptions = { method: 'magnitude'; per: 'layer' | 'all' } | { method: 'structured' };

export type Mask = Uint8Array;

export const emptyMask = (layout: Layout): Mask => new Uint8Array(layout.size);

const isKernel = ({ shape, trainable }: TensorSlot): boolean => trainable && shape.length > 1;

/** Layers whose output channels stand for themselves. */
const inChannels = /^(dense|conv1d|conv2d|depthwise_conv2d)_\d+\//;

/** Kernels of hidden layers, each with its bias if it has one. */
function filters({ tensors }: Layout): { kernel: TensorSlot; bias?: TensorSlot }[] {
  const layerOf = ({ name }: TensorSlot): string => name.slice(0, name.indexOf('/'));
  const kernels = tensors.filter((slot) => isKernel(slot));
  return kernels
    .slice(0, -1)
    .filter(({ name }) => inChannels.test(name))
    .map((kernel) => ({
      kernel,
      bias: tensors.find((slot) => slot.name === `${layerOf(kernel)}/bias`),
    }));
}

/** Throws RefusedError 'bad-setting' where there is nothing that could be pruned so. */
export function checkPrunable(layout: Layout, options: PruneOptions): void {
  if (options.method === 'structured' && filters(layout).length === 0) {
    throw new RefusedError(
      'bad-setting',
      'This model has no hidden dense or convolutional layer whose units could be pruned: prune by magnitude.',
    );
  }
  if (!layout.tensors.some(isKernel)) throw new RefusedError('bad-setting', 'This model has no kernels to prune.');
}

/** Of the numbers of some tensors, one behind the other. */
function gathered(slots: readonly TensorSlot[], from: Float32Array | Mask): Float32Array {
  const all = new Float32Array(slots.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { offset, size } of slots) {
    all.set(from.subarray(offset, offset + size), at);
    at += size;
  }
  return all;
}

function byMagnitude(
  slots: readonly TensorSlot[],
  weights: Float32Array,
  share: number,
  before: Mask,
  next: Mask,
  kernels: Pick<Kernels, 'greatest'>,
): void {
  const pruned = gathered(slots, before);
  const alive = gathered(slots, weights).map((value, i) => (pruned[i] === 1 ? 0 : value));
  const keep = Math.max(1, alive.length - Math.round(share * alive.length));
  const stays = new Uint8Array(alive.length);
  for (const i of kernels.greatest(alive, keep)) stays[i] = 1;
  // Where there are more zeros than are to go (a layer that begins with zeros), so many of them stay as there is room for.
  let room = keep - stays.reduce((sum, one) => sum + one, 0);
  for (let i = 0; i < stays.length && room > 0; i++) {
    if (stays[i] === 1 || pruned[i] === 1) continue;
    stays[i] = 1;
    room--;
  }
  let at = 0;
  for (const { offset, size } of slots) for (let i = 0; i < size; i++) next[offset + i] = 1 - stays[at++];
}

function byChannel(
  { kernel, bias }: ReturnType<typeof filters>[number],
  weights: Float32Array,
  share: number,
  before: Mask,
  next: Mask,
): void {
  const { offset, size, channels } = kernel;
  const sums = new Float64Array(channels);
  for (let i = 0; i < size; i++) sums[i % channels] += weights[offset + i] ** 2;
  const isPruned = (channel: number): boolean => before[offset + channel] === 1;
  const wanted = Math.min(channels - 1, Math.round(share * channels));
  const order = [...sums.keys()].sort(
    (a, b) => Number(isPruned(b)) - Number(isPruned(a)) || sums[a] - sums[b] || a - b,
  );
  const gone = new Uint8Array(channels);
  order.forEach((channel, place) => {
    if (place < wanted || isPruned(channel)) gone[channel] = 1;
  });
  for (let i = 0; i < size; i++) next[offset + i] = gone[i % channels];
  if (bias) next.set(gone, bias.offset);
}

/** `share`: of the kernels, or of the channels of hidden layers. A new mask; it has all that `before` has. */
export function masked(
  layout: Layout,
  weights: Float32Array,
  options: PruneOptions,
  share: number,
  before: Mask,
  kernels: Pick<Kernels, 'greatest'>,
): Mask {
  const next = before.slice();
  if (options.method === 'structured') {
    for (const filter of filters(layout)) byChannel(filter, weights, share, before, next);
    return next;
  }
  const slots = layout.tensors.filter(isKernel);
  for (const part of options.per === 'all' ? [slots] : slots.map((slot) => [slot])) {
    byMagnitude(part, weights, share, before, next, kernels);
  }
  return next;
}
