/** Whether an answer is to an asking that is still open. Decided from the header alone, before a vector is decoded. */
import { attemptName } from './attempt';
import type { ClientRecord, RoundState, Told } from './round-state';
import { get } from './table';

export interface Refusal {
  code: string;
  message: string;
}

export const attemptOf = ({ run, asking }: RoundState): string => attemptName(run, asking);

/** Different privacy claims that are kept apart in one round, each with memory of its own. */
const MAX_CLAIMS = 3;

/** Rounds between the model that an answer began from and the model that it would go into. */
export const stalenessOf = (state: RoundState, round: number): number =>
  // While a round is being written, what comes in goes into the next one.
  state.round + (state.phase === 'saving' ? 1 : 0) - round;

/** It is an answer to what this client was asked last: an asking is answered once, whenever that is. */
export const isOwn = (
  state: RoundState,
  record: ClientRecord | undefined,
  answer: Pick<Told, 'attempt' | 'round'>,
): record is ClientRecord =>
  record !== undefined &&
  record.asked > 0 &&
  record.round === answer.round &&
  answer.attempt === attemptName(state.run, record.asked);

const collects = ({ phase }: RoundState, kind: Told['type']): boolean =>
  kind === 'statistics'
    ? phase === 'statistics'
    : phase === 'collecting' || (kind === 'decline' && phase === 'statistics');

/**
 * undefined: welcome, the reducer will count it. `reach`: how many rounds an answer may be behind; 0: it must be of the
 * asking under way.
 */
export function refusalOf(state: RoundState, answer: Told, reach = 0): Refusal | undefined {
  const kind = answer.type;
  const who = `The ${kind} of "${answer.client}"`;
  if (answer.round > state.round) {
    return {
      code: 'wrong-round',
      message: `${who} is for round ${answer.round}, but round ${state.round} is under way: check that only one aggregator serves this federation.`,
    };
  }
  const record = get(state.clients, answer.client);
  const own = isOwn(state, record, answer);
  const isPresent =
    answer.round === state.round && collects(state, kind) && (own || answer.attempt === attemptOf(state));
  if (!isPresent && !(own && isBought(state, answer, reach))) {
    return {
      code: 'late',
      message: `${who} for round ${answer.round} came too late: give the round a longer deadline or the client less to do.`,
    };
  }
  if (!own) {
    return {
      code: 'not-asked',
      message: `${who} was not asked for in round ${state.round}: check that no two clients share a name.`,
    };
  }
  if (record.answer === 'update' || record.answer === 'decline') {
    return {
      code: 'duplicate',
      message: `"${answer.client}" answered round ${answer.round} twice, the first answer counts: check for a doubled wire or two clients of one name.`,
    };
  }
  if (kind === 'update') {
    const { claims } = state;
    if (claims.length >= MAX_CLAIMS && !claims.some(([claim]) => claim === answer.claim)) {
      return {
        code: 'privacy-mismatch',
        message: `${who} states another privacy than the others of round ${state.round}: set all fl-dp-noise nodes alike.`,
      };
    }
  }
  return undefined;
}

/** An answer to an earlier round that still counts. */
export function isBought(state: RoundState, { type, round }: Told, reach: number): boolean {
  const staleness = stalenessOf(state, round);
  const takes = state.phase !== 'statistics' && state.phase !== 'finished' && type !== 'statistics' && round > 0;
  return takes && staleness >= 1 && staleness <= reach;
}
