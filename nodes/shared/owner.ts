/** Whose model a node uses: a personal one where there is one, and of one client only. */
import { RefusedError } from '../../lib/refused';
import type { GlobalModel } from './global-model';

export interface Owner {
  /**
   * Whether this model is the one to use: not the federation's any more once a personal one has come in this run. Throws
   * RefusedError 'two-owners' for the personal model of somebody else.
   */
  takes(global: Pick<GlobalModel, 'personal'>): boolean;
}

/** `sentence`: what to mend when models of two clients come. */
export function createOwner(sentence: (owner: string, other: string) => string): Owner {
  let owner: string | undefined;
  return {
    takes({ personal }) {
      if (owner !== undefined && personal === undefined) return false;
      if (owner !== undefined && personal !== owner) {
        throw new RefusedError('two-owners', sentence(owner, personal ?? ''));
      }
      owner = personal;
      return true;
    },
  };
}
