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
