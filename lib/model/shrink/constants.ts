/** Which channels of a layer give the same number for every sample, at every place. */
import { type Activation, LEAKY_SLOPE } from '../spec';
import type { Weighted } from './parts';

/** For each channel its number; undefined: it depends on the sample, or on the place. */
export type Constants = (number | undefined)[];

const activate: Record<Exclude<Activation, 'softmax'>, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(0, x),
  leaky_relu: (x) => (x < 0 ? LEAKY_SLOPE * x : x),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/** The outputs of softmax are not for themselves: none is constant, and none can go without the others. */
const activated = ({ layer: { activation } }: Weighted, sum: number): number | undefined =>
  activation === 'softmax' ? undefined : activate[activation](sum);

/** Of the weights into each output. */
function sumsOf({ kernel, outputs }: Weighted): { sums: Float64Array; isSilent: boolean[] } {
  const sums = new Float64Array(outputs);
  const isSilent = new Array<boolean>(outputs).fill(true);
  for (let i = 0; i < kernel.length; i++) {
    sums[i % outputs] += kernel[i];
    if (kernel[i] !== 0) isSilent[i % outputs] = false;
  }
  return { sums, isSilent };
}

/** Of a layer whose input is not looked at: the outputs that no weight leads to. */
export function silentOutputs(part: Weighted): Constants {
  return sumsOf(part).isSilent.map((silent, o) => (silent ? activated(part, part.bias?.[o] ?? 0) : undefined));
}

/** Of a depthwise layer, each output of which sees one channel: also those whose channel is constant, if the edge does not show. */
export function depthwiseOutputs(part: Weighted, before: Constants): Constants {
  const { sums, isSilent } = sumsOf(part);
  const each = part.outputs / before.length;
  return isSilent.map((silent, o) => {
    const bias = part.bias?.[o] ?? 0;
    if (silent) return activated(part, bias);
    const value = before[Math.floor(o / each)];
    if (value === undefined || (part.pads && value !== 0)) return undefined;
    return activated(part, bias + value * sums[o]);
  });
}
