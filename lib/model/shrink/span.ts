/**
 * The units of one layer on their way to the next one that mixes them: through pooling, flatten and depthwise layers each unit keeps
 * channels of its own. A unit whose channels are all constant, or seen by nobody, can go.
 */
import type { LayerSpec } from '../spec';
import { type Constants, depthwiseOutputs, silentOutputs } from './constants';
import { isWeightedPart, type Part, type Weighted } from './parts';

export interface Span {
  /** Dense, conv1d or conv2d: its units are looked at. */
  from: Weighted;
  /** The depthwise layers between, in order. */
  through: Weighted[];
  /** Dense, conv1d or conv2d: each of its outputs sees every unit. */
  to: Weighted;
}

const mixes = ({ layer: { type } }: Weighted): boolean => type !== 'depthwise_conv2d';

const keepsChannels = ({ type }: LayerSpec): boolean => /^(max|average)_pool[12]d$|^flatten$/.test(type);

/** Softmax mixes its units, and what a layer that only tfjs runs does with its input is not known here. */
export function spansOf(parts: readonly Part[]): Span[] {
  return parts.flatMap((from, index): Span[] => {
    if (!isWeightedPart(from) || !mixes(from) || from.layer.activation === 'softmax') return [];
    const through: Weighted[] = [];
    for (const part of parts.slice(index + 1)) {
      if (!isWeightedPart(part)) {
        if (!keepsChannels(part.layer)) return [];
      } else if (mixes(part)) return [{ from, through, to: part }];
      else if (part.layer.activation !== 'softmax') through.push(part);
      else return [];
    }
    return [];
  });
}

/** Pooling changes no constant: its windows leave out what lies over the edge. */
const arriving = ({ from, through }: Span): Constants =>
  through.reduce((before, part) => depthwiseOutputs(part, before), silentOutputs(from));

/** Rows of the kernel that belong to a channel: those of its taps, or of its places where the input was flattened. */
function* rowsOf({ kernel, outputs }: Weighted, channel: number, channels: number): Generator<Float32Array> {
  const rows = kernel.length / outputs;
  for (let row = channel; row < rows; row += channels) yield kernel.subarray(row * outputs, (row + 1) * outputs);
}

const isUnseen = (to: Weighted, channel: number, channels: number): boolean => {
  for (const row of rowsOf(to, channel, channels)) if (row.some((weight) => weight !== 0)) return false;
  return true;
};

/** What the constant channels of some units give goes into the bias of the next layer, and nothing is seen of them any more. */
function fold(to: Weighted, arrived: Constants, channels: readonly number[]): void {
  const sums = Float64Array.from({ length: to.outputs }, (_, o) => to.bias?.[o] ?? 0);
  for (const channel of channels) {
    const value = arrived[channel] ?? 0;
    for (const row of rowsOf(to, channel, arrived.length)) {
      for (let o = 0; o < row.length; o++) sums[o] += value * row[o];
    }
  }
  const bias = Float32Array.from(sums);
  if (!bias.every(Number.isFinite)) return;
  for (const channel of channels) for (const row of rowsOf(to, channel, arrived.length)) row.fill(0);
  if (to.bias) to.bias = bias;
  else if (bias.some((one) => one !== 0)) {
    to.bias = bias;
    to.layer = { ...to.layer, useBias: true };
  }
}

/** Only some of the outputs of a layer; `stays` by output. */
function keepOutputs(part: Weighted, stays: readonly boolean[]): void {
  const { outputs } = part;
  part.outputs = stays.filter(Boolean).length;
  part.kernel = part.kernel.filter((_, i) => stays[i % outputs]);
  part.bias = part.bias?.filter((_, o) => stays[o]);
  if (part.layer.type === 'dense') part.layer = { ...part.layer, units: part.outputs };
  else if (part.layer.type !== 'depthwise_conv2d') part.layer = { ...part.layer, filters: part.outputs };
}

/** Takes out the units that are dead; one always stays. How many went. */
export function shrinkSpan(span: Span): number {
  const { from, through, to } = span;
  const units = from.outputs;
  const arrived = arriving(span);
  const channels = arrived.length;
  const each = channels / units;
  const channelsOf = (unit: number): number[] => Array.from({ length: each }, (_, i) => unit * each + i);
  const unseen = arrived.map((_, channel) => isUnseen(to, channel, channels));
  const foldable = arrived.map((value) => value !== undefined && Number.isFinite(value) && !(to.pads && value !== 0));
  const isDead = (unit: number): boolean => channelsOf(unit).every((one) => unseen[one] || foldable[one]);
  const dead = Array.from({ length: units }, (_, unit) => isDead(unit));
  const folded = [...unseen.keys()].filter((one) => dead[Math.floor(one / each)] && !unseen[one]);
  if (folded.length > 0) fold(to, arrived, folded);
  const stays = dead.map((_, unit) => channelsOf(unit).some((one) => !isUnseen(to, one, channels)));
  if (!stays.includes(true)) stays[0] = true;
  const gone = stays.filter((one) => !one).length;
  if (gone === 0) return 0;
  keepOutputs(from, stays);
  for (const part of through) {
    const own = part.outputs / units;
    keepOutputs(
      part,
      Array.from({ length: part.outputs }, (_, o) => stays[Math.floor(o / own)]),
    );
  }
  const { outputs } = to;
  to.kernel = to.kernel.filter((_, i) => stays[Math.floor((Math.floor(i / outputs) % channels) / each)]);
  return gone;
}
