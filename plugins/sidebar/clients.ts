/** The clients that are in sight: of a thousand only those that the list shows travel to the editor. */
import type { WatchedClient } from '../../lib/federation/coordinator-parts';

export const MOST_ROWS = 200;
const orders = ['name', 'silence', 'loss'] as const;

export interface ClientsQuery {
  /** Only those with this in their name. */
  find: string;
  order: (typeof orders)[number];
  from: number;
  count: number;
}

export interface Page {
  /** That fit the query. */
  total: number;
  from: number;
  rows: WatchedClient[];
}

const whole = (value: unknown, fallback: number, most: number): number => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= 0 ? Math.min(number, most) : fallback;
};

/** What cannot be read has its default. */
export function clientsQuery({ find, order, from, count }: Record<string, unknown>): ClientsQuery {
  return {
    find: typeof find === 'string' ? find.slice(0, 100) : '',
    order: orders.find((name) => name === order) ?? 'name',
    from: whole(from, 0, 1e9),
    count: whole(count, 50, MOST_ROWS),
  };
}

/** What needs a look comes first: the longest silence (never heard before all), the highest loss. */
const keys: Record<ClientsQuery['order'], (client: WatchedClient) => number> = {
  name: () => 0,
  silence: ({ silentMs = Number.POSITIVE_INFINITY }) => -silentMs,
  loss: ({ loss = Number.NEGATIVE_INFINITY }) => -loss,
};

const byName = new Intl.Collator('en', { numeric: true });

export function pageOf(registry: readonly WatchedClient[], { find, order, from, count }: ClientsQuery): Page {
  const wanted = find.toLowerCase();
  const key = keys[order];
  const found = registry
    .filter(({ client }) => client.toLowerCase().includes(wanted))
    .map((one) => ({ one, key: key(one) }))
    // Equal infinities have no difference.
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : byName.compare(a.one.client, b.one.client)));
  const start = Math.min(from, Math.max(0, found.length - count));
  return { total: found.length, from: start, rows: found.slice(start, start + count).map(({ one }) => one) };
}
