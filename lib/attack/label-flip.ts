/** Flipped labels (Tolpegin et al. 2020, arXiv 2007.08432; all classes at once as Fang et al. 2020, arXiv 1911.11815: C - 1 - y). */
export interface Flip {
  /** Class that is flipped; absent: each. */
  from?: number;
  /** What it becomes; absent: C - 1 - y. */
  to?: number;
}

/** `targets`: n class numbers below `classes`. */
export const flipLabels = (targets: Float32Array, classes: number, { from, to }: Flip): Float32Array =>
  targets.map((label) => (from === undefined || label === from ? (to ?? classes - 1 - label) : label));
