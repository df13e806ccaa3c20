/** The last of what goes on from round to round: a list with an end, so that it costs the same on its last day. */
export const RECENT = 200;

export interface Recent<T extends { round: number }> {
  take(item: T): void;
  items(): readonly T[];
}

/** `joined`: what stands for two of the same round, which was asked again. An earlier round means that all has begun anew. */
export function createRecent<T extends { round: number }>(joined: (before: T, item: T) => T): Recent<T> {
  let items: T[] = [];
  return {
    take(item) {
      const last = items.at(-1);
      if (last && item.round < last.round) items = [];
      if (last?.round === item.round) items[items.length - 1] = joined(last, item);
      else items.push(item);
      if (items.length > RECENT) items.shift();
    },
    items: () => items,
  };
}
