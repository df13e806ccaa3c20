/**
 * What the clients tell of their samples: before the first model (round 0), and, where that is wished, of their labels again every few
 * rounds, so that the weights of the classes follow clients that come later and samples that pile up. Counting again goes beside
 * a round: all clients are asked before the model goes out, and what they have told when the round closes holds from the next one on.
 * The sums for the normalisation are not asked again: they must not move under a model that has learned with them.
 */
import type { ModelSpec } from '../model';
import type { StatisticsRequestHeader } from '../update/message';
import type { Making } from './made';
import type { Request } from './model-message';
import { gather, type RoundZero, requestOf, type Statistics } from './round-zero';

export interface CensusParts {
  asked: RoundZero;
  /** `countEvery`: rounds from one counting to the next; absent: round 0 only. */
  options: { deadlineMs: number; quorum: number; countEvery?: number };
  spec: ModelSpec;
  /** What a header has besides goes in front of it. */
  send(request: Omit<StatisticsRequestHeader, 'federation' | 'model' | 'round'>): void;
}

export interface Census {
  /** What is asked for beside a round. */
  readonly askedAgain: RoundZero;
  /** Round 0. */
  ask(asking: Pick<StatisticsRequestHeader, 'cohort' | 'attempt'>): void;
  /** To be called before a model goes out: asks for the labels again when that is due. What came for an earlier asking is forgotten. */
  askBeside(asking: Pick<Request, 'cohort' | 'round' | 'attempt'>): void;
  /** Of the counting beside a round that is under way. */
  isOpen(attempt: string): boolean;
  /** `again`: it is of the counting beside a round. */
  take(client: string, statistics: Statistics, again: boolean): void;
  /** Of round 0. Throws RefusedError when nobody has a sample. */
  gathered(): ReturnType<typeof gather>;
  /** Closes the counting beside a round: gives what puts it into what the round makes. Fewer than the quorum have told: counts stay. */
  endBeside(): (what: Making) => Making;
  /** Round 0 is over. */
  clear(): void;
}

const ENDING = '.counts';

/** Whether an answer is to a counting beside a round, of whichever round. */
export const isBeside = (attempt: string): boolean => attempt.endsWith(ENDING);

export function createCensus({ asked, options, spec, send }: CensusParts): Census {
  const { deadlineMs, quorum, countEvery } = options;
  const askedAgain: RoundZero = { sums: false, labels: asked.labels };
  const first = new Map<string, Statistics>();
  const again = new Map<string, Statistics>();
  let open: string | undefined;
  const request = (cohort: string[] | 'all', attempt: string, wanted: RoundZero): void =>
    send({ kind: 'statistics-request', attempt, cohort, deadlineMs, ...requestOf(wanted) });
  return {
    askedAgain,
    ask: ({ cohort, attempt }) => request(cohort, attempt, asked),
    askBeside({ cohort, round, attempt }) {
      again.clear();
      const isDue = countEvery !== undefined && cohort.length > 0 && round > 1 && (round - 1) % countEvery === 0;
      open = isDue ? attempt + ENDING : undefined;
      if (open) request('all', open, askedAgain);
    },
    isOpen: (attempt) => attempt === open,
    take: (client, statistics, isAgain) => void (isAgain ? again : first).set(client, statistics),
    gathered: () => gather(first, asked, spec),
    endBeside() {
      open = undefined;
      if ([...again.values()].filter(({ labels }) => labels).length < quorum) return (what) => what;
      const { unlikeness, ...counts } = gather(again, askedAgain, spec);
      return (what) => ({ ...what, next: { ...what.next, ...counts }, unlikeness });
    },
    clear: () => first.clear(),
  };
}
