/** Hard decisions against the truth: accuracy, confusion matrix, precision, recall, F1. */

/** counts[truth][decision], row major as nested arrays. Throws RangeError for a class outside [0, classes). */
export function confusionMatrix(truth: ArrayLike<number>, decided: ArrayLike<number>, classes: number): number[][] {
  if (truth.length !== decided.length) throw new RangeError(`${truth.length} truths for ${decided.length} decisions`);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = counts[truth[i]];
    if (row?.[decided[i]] === undefined)
      throw new RangeError(`class ${truth[i]} or ${decided[i]} is not below ${classes}`);
    row[decided[i]] += 1;
  }
  return counts;
}

export interface ClassScores {
  precision: number;
  recall: number;
  f1: number;
  /** True samples of the class. */
  support: number;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export function accuracy(confusion: readonly (readonly number[])[]): number {
  let right = 0;
  let all = 0;
  confusion.forEach((row, truth) => {
    right += row[truth];
    for (const count of row) all += count;
  });
  return ratio(right, all);
}

/** Of one class against the rest. 0 where a denominator is 0 (never decided, or never true). */
export function classScores(confusion: readonly (readonly number[])[], positive: number): ClassScores {
  const hits = confusion[positive][positive];
  const support = confusion[positive].reduce((a, b) => a + b, 0);
  const decided = confusion.reduce((sum, row) => sum + row[positive], 0);
  // F1 = 2TP / (2TP + FP + FN), which needs no case for precision + recall = 0.
  return {
    precision: ratio(hits, decided),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, decided + support),
    support,
  };
}

/** Unweighted mean over the classes that occur, as truth or as decision. */
export function macroScores(confusion: readonly (readonly number[])[]): Omit<ClassScores, 'support'> {
  const occurring = confusion
    .map((_, index) => index)
    .filter((index) => confusion[index].some((n) => n > 0) || confusion.some((row) => row[index] > 0));
  const scores = occurring.map((index) => classScores(confusion, index));
  const mean = (pick: (score: ClassScores) => number): number =>
    ratio(
      scores.reduce((sum, score) => sum + pick(score), 0),
      scores.length,
    );
  return { precision: mean((s) => s.precision), recall: mean((s) => s.recall), f1: mean((s) => s.f1) };
}

/** The class of the largest output in each row of n x classes; the first one of equals. */
export function argmaxRows(outputs: ArrayLike<number>, classes: number): Int32Array {
  const decided = new Int32Array(Math.floor(outputs.length / classes));
  for (let row = 0; row < decided.length; row++) {
    let best = 0;
    for (let j = 1; j < classes; j++) if (outputs[row * classes + j] > outputs[row * classes + best]) best = j;
    decided[row] = best;
  }
  return decided;
}

/**
 * Mean of -log p(truth) over n x classes probabilities, which are clipped to [1e-7, 1] first (float32 has no more), so
 * that one certain error does not make it infinite.
 */
export function logLoss(truth: ArrayLike<number>, probabilities: ArrayLike<number>, classes: number): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++)
    sum -= Math.log(Math.min(1, Math.max(1e-7, probabilities[i * classes + truth[i]])));
  return ratio(sum, truth.length);
}

/** The class that each of `count` rows of outputs is decided for: one sigmoid output tells two labels apart. */
export function decidedClasses(outputs: Float32Array, count: number, labels = 0): Int32Array {
  const width = outputs.length / count;
  return width === 1 && labels === 2 ? Int32Array.from(outputs, (p) => (p > 0.5 ? 1 : 0)) : argmaxRows(outputs, width);
}
