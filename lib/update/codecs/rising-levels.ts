/**
 * AdaQuantFL (Jhunjhunwala et al., ICASSP 2021, arXiv 2102.04487): few levels while the loss is high and steps are long, more
 * as it falls and updates must be finer: s_k = s_0 sqrt(F(w_0) / F(w_k)).
 */
export function risenLevels(levels: number, firstLoss: number, loss: number, most: number): number {
  if (!(firstLoss > 0) || !(loss > 0)) return levels;
  return Math.min(most, Math.max(1, Math.round(levels * Math.sqrt(firstLoss / loss))));
}
