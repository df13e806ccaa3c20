/** What a node works with: it takes time to open, and is opened once, when it is first needed. */
export interface Once<T> {
  /** Opens it if nobody has. Rejects, each time, with what `open` rejects with. */
  (): Promise<T>;
  /** What has been opened; undefined: nothing has, or it failed. Never rejects. */
  opened(): Promise<T | undefined>;
}

export function once<T>(open: () => Promise<T>): Once<T> {
  let work: Promise<T> | undefined;
  const ready = (): Promise<T> => {
    work ??= open();
    return work;
  };
  return Object.assign(ready, {
    opened: async (): Promise<T | undefined> => work?.catch(() => undefined),
  });
}
