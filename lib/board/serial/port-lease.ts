/** A port has one user at a time in this process; who comes second is told who has it. */
import { realpathSync } from 'node:fs';
import { RefusedError } from '../../refused';

/** By the file that the path leads to: a port has several names. */
const users = new Map<string, string>();

function fileOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export const userOf = (path: string): string | undefined => users.get(fileOf(path));

/** Takes the port; call what it returns to let it go. Throws RefusedError 'port-shared' with the name of who has it. */
export function leasePort(path: string, user: string): () => void {
  const file = fileOf(path);
  const other = users.get(file);
  if (other !== undefined) {
    throw new RefusedError('port-shared', `${path} is used by "${other}": choose another port, or remove that one.`);
  }
  users.set(file, user);
  let held = true;
  return () => {
    if (held) users.delete(file);
    held = false;
  };
}
