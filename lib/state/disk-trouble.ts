import { RefusedError } from '../refused';
import { hasCode } from './durable';

/** What a file system says, in one sentence with what to do; undefined: nothing of it that is known here. */
export function diskTrouble(error: unknown): RefusedError | undefined {
  if (!hasCode(error)) return undefined;
  const place = error.path ?? 'the user directory';
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new RefusedError('disk-full', 'The disk is full, and nothing more can be kept: make room.');
    case 'EROFS':
      return new RefusedError('disk-read-only', `The disk of ${place} can only be read: mount it for writing.`);
    case 'EACCES':
    case 'EPERM':
      return new RefusedError('disk-no-right', `There is no right to ${place}: give it to the user who runs this.`);
    case 'EEXIST':
    case 'ENOTDIR':
    case 'EISDIR':
      return new RefusedError('disk-in-the-way', `Something else lies at ${place} or above: move it away.`);
    case 'ENOENT':
      // What Node says when a folder cannot be made above which nothing may be written.
      return error.syscall === 'mkdir'
        ? new RefusedError('disk-read-only', `The folder ${place} cannot be made: mount its disk for writing.`)
        : undefined;
    default:
      return undefined;
  }
}
