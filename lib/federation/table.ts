/**
 * A map from client id to a value that is never changed in place: `put` returns a new one and shares the rest, so that
 * a reducer stays pure without copying every client for each event. Plain nested arrays: JSON keeps it as it is.
 */
type Bucket<V> = readonly (readonly [id: string, value: V])[];

export interface Table<V> {
  readonly size: number;
  readonly branches: readonly (readonly Bucket<V>[])[];
}

const FAN = 64;

export const emptyTable = <V>(): Table<V> => ({ size: 0, branches: [] });

/** FNV-1a over the UTF-16 units, with its upper half folded in: the low bits alone are weak for ids that count up. */
function place(id: string): [branch: number, bucket: number] {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return [hash & (FAN - 1), (hash >>> 6) & (FAN - 1)];
}

const replaced = <T>(items: readonly T[] | undefined, index: number, value: T, filler: T): T[] => {
  const copy = items ? items.slice() : [];
  while (copy.length < index) copy.push(filler);
  copy[index] = value;
  return copy;
};

export function get<V>(table: Table<V>, id: string): V | undefined {
  const [branch, bucket] = place(id);
  return table.branches[branch]?.[bucket]?.find((entry) => entry[0] === id)?.[1];
}

export function put<V>(table: Table<V>, id: string, value: V): Table<V> {
  const [branch, bucket] = place(id);
  const buckets = table.branches[branch];
  const entries = buckets?.[bucket] ?? [];
  const index = entries.findIndex((entry) => entry[0] === id);
  const changed = entries.slice();
  changed[index < 0 ? entries.length : index] = [id, value];
  return {
    size: table.size + (index < 0 ? 1 : 0),
    branches: replaced<readonly Bucket<V>[]>(
      table.branches,
      branch,
      replaced<Bucket<V>>(buckets, bucket, changed, []),
      [],
    ),
  };
}

/** Every entry, sorted by id (by code units, not by locale: the same order on every machine). */
export function entries<V>(table: Table<V>): (readonly [id: string, value: V])[] {
  return table.branches.flat(2).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** How many values are so. */
export const countIn = <V>(table: Table<V>, isSo: (value: V) => boolean): number =>
  table.branches.reduce(
    (sum, buckets) =>
      buckets.reduce((count, bucket) => bucket.reduce((held, [, value]) => held + (isSo(value) ? 1 : 0), count), sum),
    0,
  );

/** The table with every value put through `change`. */
export function mapTable<V, W>(table: Table<V>, change: (value: V, id: string) => W): Table<W> {
  return {
    size: table.size,
    branches: table.branches.map((buckets) =>
      buckets.map((bucket) => bucket.map(([id, value]) => [id, change(value, id)] as const)),
    ),
  };
}
