/** Which samples are held out to measure with, and never trained on. */
import { generator } from '../random/generator';
import { RefusedError } from '../refused';
import { cellOf } from './cell';
import { type Condition, compileCondition } from './condition';
import type { Sample } from './windows';

export type HoldOutSpec =
  | { kind: 'none' }
  /** All of them: a file of test rows. */
  | { kind: 'all' }
  /**
   * A share of the samples, or of whole groups. By group is the honest one when windows overlap: neighbours in time of a
   * test sample are then not trained on.
   */
  | { kind: 'fraction'; fraction: number; by: 'sample' | 'group'; seed: number }
  /** Samples whose row meets the condition (for example: after a date). */
  | { kind: 'condition'; condition: Condition };

export type Split = 'train' | 'test';

/** Decides by the sample alone, so the same sample always falls on the same side. */
export function holdOut(spec: HoldOutSpec): (sample: Sample) => Split {
  switch (spec.kind) {
    case 'none':
      return () => 'train';
    case 'all':
      return () => 'test';
    case 'fraction': {
      const { fraction, by, seed } = spec;
      if (!(fraction >= 0 && fraction <= 1)) {
        throw new RefusedError('hold-out', 'The share held out must be a number from 0 to 1 (0.2 is a fifth).');
      }
      const lot = ({ group, index }: Sample): number =>
        by === 'group'
          ? generator(seed, 'hold-out', group).uniform()
          : generator(seed, 'hold-out', group, index).uniform();
      return (sample) => (lot(sample) < fraction ? 'test' : 'train');
    }
    case 'condition': {
      const test = compileCondition(spec.condition);
      return ({ row }) => (test(cellOf(row, spec.condition.column)) ? 'test' : 'train');
    }
    default:
      throw new RefusedError('hold-out', 'The hold-out must be of kind none, all, fraction or condition.');
  }
}
