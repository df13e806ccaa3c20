/**
 * What the aggregator keeps of vectors that each client has one of: their mean over all N clients, of which only the changes
 * of a cohort come in. N is the registry's, and grows with newcomers, whose vectors are zero: the mean over N + 1 of them is
 * N / (N + 1) of the one before.
 */
export function meanAfter(
  before: Float32Array,
  clientsBefore: number,
  /** Mean of the changes over the cohort, and what to multiply it with. */
  change: Float32Array,
  rate: number,
  cohort: number,
  clients: number,
): Float32Array {
  const kept = clients > 0 ? Math.min(1, clientsBefore / clients) : 0;
  const share = (rate * cohort) / clients;
  const mean = new Float32Array(before.length);
  for (let i = 0; i < mean.length; i++) mean[i] = kept * before[i] + share * change[i];
  return mean;
}
