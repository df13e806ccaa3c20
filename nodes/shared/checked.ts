import type { Shell } from './shell';

/**
 * Reads the settings of a node once. When they are wrong the node says so at once (status key "status.setting", Catch
 * node), and the function that comes back throws the same for each message, so that none passes unprocessed.
 */
export function checked<T>(shell: Shell, read: () => T): () => T {
  try {
    const value = read();
    return () => value;
  } catch (thrown) {
    shell.status.error('status.setting');
    shell.fail(thrown);
    return () => {
      throw thrown;
    };
  }
}
