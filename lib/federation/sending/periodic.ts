/** Every p-th update of a client goes, with all that was held back since; the ids spread the clients over the p. */
import { streamSeed } from '../../random/generator';
import type { RuleOf } from './rule';

export const periodic: RuleOf<'periodic'> =
  ({ every }) =>
  ({ client, count }) => {
    const left = (streamSeed(0, 'sending', client) + count) % every;
    return left === 0 ? undefined : `Not its turn: it sends every ${every} rounds.`;
  };
