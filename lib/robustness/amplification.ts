/**
 * How much each layer amplifies a perturbation: what "defensive quantisation" (Lin 2019, arXiv 1904.08444) is to hold down,
 * since an amplified one does not vanish in the rounding of 8 bits.
 */
import { layoutOf } from '../model/layout';
import type { ModelSpec } from '../model/spec';
import type { Normalisation, SampleBlock } from '../training/engine';
import type { Amplification } from './job';

/** Runs the model up to a layer. */
export type RunPart = (layer: number, samples: SampleBlock) => Promise<Float32Array>;

/** The layers with weights: their numbers, and names as the layout has them. */
export function weightedLayers(spec: ModelSpec): { layer: number; name: string }[] {
  const names = [...new Set(layoutOf(spec).tensors.map(({ name }) => name.slice(0, name.indexOf('/'))))];
  const layers = [...spec.layers.keys()].filter((layer) => 'activation' in spec.layers[layer]);
  return layers.map((layer, i) => ({ layer, name: names[i] }));
}

/** The distance between row r of both. */
function distance(one: Float32Array, other: Float32Array, width: number, r: number, scale?: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += ((one[r * width + i] - other[r * width + i]) / (scale?.[i] ?? 1)) ** 2;
  return Math.sqrt(sum);
}

/** Rows that were not moved do not count; 0 when none was. */
export async function amplification(
  spec: ModelSpec,
  clean: SampleBlock,
  moved: SampleBlock,
  normalisation: Normalisation | undefined,
  run: RunPart,
): Promise<Amplification[]> {
  const { count } = clean;
  const width = clean.features.length / count;
  const inputs = Array.from({ length: count }, (_, r) =>
    distance(moved.features, clean.features, width, r, normalisation?.std),
  );
  const rows = inputs.filter((one) => one > 0).length;
  const found: Amplification[] = [];
  for (const { layer, name } of weightedLayers(spec)) {
    const [before, after] = [await run(layer, clean), await run(layer, moved)];
    const outputs = before.length / count;
    let sum = 0;
    for (let r = 0; r < count; r++) if (inputs[r] > 0) sum += distance(after, before, outputs, r) / inputs[r];
    found.push({ layer: name, ratio: rows > 0 ? sum / rows : 0 });
  }
  return found;
}
