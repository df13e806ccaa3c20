/** Timers, ports, sockets and files that keep this process alive. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How many there are of each kind. */
export function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits until there are no more than so many of each kind: some close a while after the flow. Rejects with what stays. */
export async function noMoreThan(most: (kind: string) => number): Promise<void> {
  const tooMany = (): [string, number][] => Object.entries(resources()).filter(([kind, count]) => count > most(kind));
  for (let left = 300; tooMany().length > 0 && left > 0; left--) await sleep(100);
  const stays = tooMany().map(([kind, count]) => `${kind}: ${count}, ${most(kind)} were expected`);
  if (stays.length > 0) throw new Error(stays.join('; '));
}
