/** In which group each client is, as the messages that pass tell it. Pure: a new map when something has changed. */

import { limits } from '../../update/limits';
import type { Header } from '../../update/message';

export type Whereabouts = ReadonlyMap<string, number>;

/** What a message tells: the cohort of a group's model, or the group that a client has chosen. */
export function toldBy(fl: Header): [client: string, group: number][] {
  if (fl.kind === 'update') return fl.group === undefined ? [] : [[fl.client, fl.group]];
  if (fl.kind !== 'model' || fl.group === undefined || fl.group < 0 || fl.cohort === 'all') return [];
  const { group, cohort } = fl;
  return cohort.map((client) => [client, group]);
}

/** The groups of a round's metrics, which come from a wire too: what is none is left out. */
export function toldByMetrics(groups: unknown): [client: string, group: number][] {
  if (!Array.isArray(groups)) return [];
  return groups.slice(0, limits.groups).flatMap((one: unknown, group): [string, number][] => {
    const clients = typeof one === 'object' && one !== null && 'clients' in one ? one.clients : [];
    const names = Array.isArray(clients) ? clients.slice(0, limits.cohort) : [];
    return names
      .filter((name): name is string => typeof name === 'string' && name.length > 0 && name.length <= limits.name)
      .map((name) => [name, group]);
  });
}

/** The same map when nothing is new. Clients above the limit of a cohort are not remembered. */
export function noted(known: Whereabouts, facts: readonly [client: string, group: number][]): Whereabouts {
  const news = facts.filter(([client, group]) => known.get(client) !== group);
  if (news.length === 0) return known;
  const next = new Map(known);
  for (const [client, group] of news) if (next.has(client) || next.size < limits.cohort) next.set(client, group);
  return next;
}

/** Clients of each group, sorted. */
export function membersOf(known: Whereabouts): string[][] {
  const groups: string[][] = [];
  for (const [client, group] of known) {
    groups[group] ??= [];
    groups[group].push(client);
  }
  return Array.from(groups, (clients) => (clients ?? []).sort());
}
