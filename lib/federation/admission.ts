/** Whether an answer belongs to the asking under way. Decided from the header alone, before a vector is decoded. */
import { attemptName } from './attempt';
import type { RoundState, Told } from './round-state';
import { get } from './table';

export interface Refusal {
  code: string;
  message: string;
}

export const attemptOf = ({ run, asking }: RoundState): string => attemptName(run, asking);

/** Different privacy claims that are kept apart in one round, each with memory of its own. */
const MAX_CLAIMS = 3;

/** undefined: welcome, the reducer will count it. */
export function refusalOf(state: RoundState, answer: Told): Refusal | undefined {
  const kind = answer.type;
  const who = `The ${kind} of "${answer.client}"`;
  const late = (): Refusal => ({
    code: 'late',
    message: `${who} for round ${answer.round} came too late: give the round a longer deadline or the client less to do.`,
  });
  if (answer.round < state.round) return late();
  if (answer.round > state.round) {
    return {
      code: 'wrong-round',
      message: `${who} is for round ${answer.round}, but round ${state.round} is under way: check that only one aggregator serves this federation.`,
    };
  }
  const asks = kind === 'statistics' ? state.phase === 'statistics' : state.phase === 'collecting';
  const declinesStatistics = kind === 'decline' && state.phase === 'statistics';
  if (!asks && !declinesStatistics) return late();
  if (answer.attempt !== attemptOf(state)) return late();
  const record = get(state.clients, answer.client);
  if (!record || record.asked !== state.asking) {
    return {
      code: 'not-asked',
      message: `${who} was not asked for in round ${state.round}: check that no two clients share a name.`,
    };
  }
  if (record.answer === 'update' || record.answer === 'decline') {
    return {
      code: 'duplicate',
      message: `"${answer.client}" answered round ${state.round} twice, the first answer counts: check for a doubled wire or two clients of one name.`,
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
