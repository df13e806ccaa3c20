/** A backdoor (Gu et al. 2017, arXiv 1708.06733; federated: Bagdasaryan et al. 2020, arXiv 1807.00459): samples with a mark get the attacker's label. */
import type { Generator } from '../random/generator';
import type { SampleBlock } from '../training/engine';

/** These features (from 0) have this value. */
export interface Trigger {
  features: readonly number[];
  value: number;
}

/** Marks the rows; `features` is n x `width`. Features beyond the width are left out. */
export function stampRows(
  features: Float32Array,
  width: number,
  trigger: Trigger,
  isMarked: (row: number) => boolean = () => true,
): Float32Array {
  const stamped = features.slice();
  for (let row = 0; row < features.length / width; row++) {
    if (!isMarked(row)) continue;
    for (const feature of trigger.features) {
      if (feature < width) stamped[row * width + feature] = trigger.value;
    }
  }
  return stamped;
}

export interface Poison {
  trigger: Trigger;
  target: number;
  /** Of the samples, 0 to 1: each is drawn by itself. The others stay, so that nothing else is learned worse. */
  part: number;
}

export function poisonSamples(block: SampleBlock, { trigger, target, part }: Poison, random: Generator): SampleBlock {
  const { count } = block;
  if (count === 0) return block;
  const marked = Array.from({ length: count }, () => random.uniform() < part);
  return {
    count,
    features: stampRows(block.features, block.features.length / count, trigger, (row) => marked[row]),
    targets: block.targets.map((label, row) => (marked[row] ? target : label)),
  };
}
