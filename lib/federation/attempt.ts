/**
 * The name of one asking: "life.number". A life of the aggregator has a name that no other has, and counts its askings,
 * so that of two askings of one life the later is known.
 */
export const attemptName = (run: string, asking: number): string => `${run}.${asking}`;

export const isOfRun = (attempt: string, run: string): boolean => attempt.startsWith(`${run}.`);

export const isOfSameRun = (a: string, b: string): boolean =>
  a.slice(0, a.lastIndexOf('.')) === b.slice(0, b.lastIndexOf('.'));

/** True when `attempt` was asked before `latest`, by the same life of the aggregator. */
export function isOlder(attempt: string, latest: string): boolean {
  const [at, before] = [attempt, latest].map((name) => name.lastIndexOf('.'));
  return (
    attempt.slice(0, at) === latest.slice(0, before) && Number(attempt.slice(at + 1)) < Number(latest.slice(before + 1))
  );
}
