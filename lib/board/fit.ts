/** Whether a model fits a board, said before anything is sent. */
import { RefusedError } from '../refused';
import type { Fit } from './board';

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1000)} kB`;

/** "The model needs 141 kB of the board's 128 kB: ..." */
export function memoryRefusal(
  fit: Pick<Fit, 'neededBytes' | 'arenaBytes'> & Partial<Pick<Fit, 'mostRows'>>,
): RefusedError {
  const { neededBytes, arenaBytes, mostRows = 0 } = fit;
  const samples = mostRows > 0 ? `keep at most ${mostRows} samples, or ` : '';
  return new RefusedError(
    'board-memory',
    `The model needs ${kilobytes(neededBytes)} of the board's ${kilobytes(arenaBytes)}: ${samples}make its layers or the batch smaller.`,
  );
}
