import type { Shell } from './shell';

/**
 * Reads the settings of a node once. When they are wrong the node says so (status and Catch node, once the flow has
 * started), and the function that comes back throws the same for each message, so that none passes unprocessed.
 */
export function checked<T>(shell: Shell, read: () => T): () => T {
  try {
    const value = read();
    return () => value;
  } catch (thrown) {
    const fail = (): never => {
      throw thrown;
    };
    shell.whenStarted(fail);
    return fail;
  }
}

/** The same where what the settings ask for takes time to be worked out: messages wait for it. */
export function checkedLater<T>(shell: Shell, read: () => Promise<T>): () => Promise<T> {
  const value = read();
  // Told when the flow has started, or later; and there may be nobody who asks.
  value.catch(() => {});
  shell.whenStarted(async () => {
    await value;
  });
  return () => value;
}
