/**
 * The models that went out and to which answers may still come, so that an update against an old one can be made to be
 * against the present one. At most `reach` + 1 of them are kept, and only those that somebody was given.
 */
export interface Versions {
  wentOut(round: number, weights: Float32Array): void;
  /** In place of `change`, which is against the model of `round`: (w_old + d) - w, each number rounded once. Throws when it is not kept. */
  rebased(change: Float32Array, round: number, now: Float32Array): Float32Array;
}

export function createVersions(reach: number): Versions {
  const kept = new Map<number, Float32Array>();
  return {
    wentOut(round, weights) {
      kept.set(round, weights);
      for (const old of kept.keys()) if (old < round - reach) kept.delete(old);
    },
    rebased(change, round, now) {
      const old = kept.get(round);
      if (!old) throw new RangeError(`The model of round ${round} is not kept.`);
      if (old === now) return change;
      const moved = new Float32Array(change.length);
      for (let i = 0; i < moved.length; i++) moved[i] = old[i] + change[i] - now[i];
      return moved;
    },
  };
}
