/**
 * What a client keeps of its updates when a filter leaves some of them out, as pure functions of float32 vectors.
 *
 * - residual (Stich 2018, arXiv 1809.07599; Karimireddy 2019, arXiv 1901.09847): e is what was left out so far. p = g + e is
 *   compressed, and e becomes p - C(p).
 * - momentum (deep gradient compression, Lin 2018, arXiv 1712.01887): u = m u + g; v = v + u; v is compressed. What was sent
 *   is taken off v, and u forgotten there, so that no stale momentum pulls on it (momentum factor masking).
 */
import { RefusedError } from '../refused';

export type Feedback =
  | { name: 'residual' }
  /** `momentum`: from 0 to below 1. */
  | { name: 'momentum'; momentum: number };

export interface FeedbackRule {
  /** Vectors of the update's length that are kept, one behind the other. */
  readonly vectors: number;
  /** What is to be compressed: the update with what was kept. `kept` is not changed. */
  before(kept: Float32Array, change: Float32Array): Given;
}

export interface Given {
  whole: Float32Array;
  /** What is kept once `reached`, what a receiver reads of the compressed vector, has been sent. */
  after(reached: Float32Array): Float32Array;
}

const residual: FeedbackRule = {
  vectors: 1,
  before(kept, change) {
    const whole = new Float32Array(change.length);
    for (let i = 0; i < whole.length; i++) whole[i] = change[i] + kept[i];
    return {
      whole,
      after(reached) {
        const left = new Float32Array(whole.length);
        for (let i = 0; i < left.length; i++) left[i] = whole[i] - reached[i];
        return left;
      },
    };
  },
};

function corrected(momentum: number): FeedbackRule {
  return {
    vectors: 2,
    before(kept, change) {
      const { length } = change;
      const speed = new Float32Array(length);
      const whole = new Float32Array(length);
      for (let i = 0; i < length; i++) {
        speed[i] = momentum * kept[i] + change[i];
        whole[i] = kept[length + i] + speed[i];
      }
      return {
        whole,
        after(reached) {
          const left = new Float32Array(2 * length);
          for (let i = 0; i < length; i++) {
            left[i] = reached[i] === 0 ? speed[i] : 0;
            left[length + i] = whole[i] - reached[i];
          }
          return left;
        },
      };
    },
  };
}

/** Throws RefusedError 'bad-setting'. */
export function feedbackRule(feedback: Feedback): FeedbackRule {
  if (feedback.name === 'residual') return residual;
  const { momentum } = feedback;
  if (!(momentum >= 0 && momentum < 1)) {
    throw new RefusedError('bad-setting', 'Set the momentum of the feedback to a number from 0 to below 1.');
  }
  return corrected(momentum);
}
