/** What a participant is asked to do, is doing, and has done. */
import { isDeepStrictEqual } from 'node:util';
import type { ModelHeader } from '../update/message';
import { isOfSameRun } from './attempt';
import type { GlobalModel, LocalUpdate } from './learner';

/** The header of an asking as a client keeps it: of the cohort itself alone. Thousands in one process would keep thousands of lists. */
export type Asked = ModelHeader & {
  cohort: string[];
  /** Updates that the round is to have. */
  expected: number;
};

/** `fl.cohort` and `fl.settled` of the client alone; without it both are empty. */
export function askedOf(client: string, fl: ModelHeader): Asked {
  const { cohort, settled, quorum, ...rest } = fl;
  if (cohort === 'all') return { ...rest, quorum, cohort: [client], expected: Math.max(1, quorum) };
  const at = cohort.indexOf(client);
  return {
    ...rest,
    quorum,
    cohort: cohort.slice(at, at + 1),
    ...(settled ? { settled: settled.slice(at, at + 1) } : {}),
    expected: cohort.length,
  };
}

/** What is asked for: the same work under another attempt need not be done again. */
export interface Work {
  /** The latest header that asked for it. */
  fl: Asked;
  /** The model to start from. */
  global: GlobalModel;
  /** What came behind it. */
  further: Float32Array[];
  /** The last round in which an update of this client counted, where it keeps a vector; 0: none. */
  settled: number;
}

export interface Task extends Work {
  abort: AbortController;
}

export interface Done extends Work {
  local: LocalUpdate;
  /** Why the update stays here; absent: it goes. */
  stays?: string;
}

const isSameVector = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

const askedFor = ({ fl, settled }: Work): unknown[] => [
  ...[fl.round, fl.turn, fl.training, fl.normalisation, fl.local, fl.startLoss, fl.sending],
  settled,
];

export const isSameWork = (a: Work, b: Work): boolean =>
  isDeepStrictEqual(askedFor(a), askedFor(b)) &&
  isSameVector(a.global.weights, b.global.weights) &&
  a.further.every((vector, i) => isSameVector(vector, b.further[i]));

/** What is being trained for `mine` still counts though `newer` is under way. */
export const isStillWelcome = (mine: ModelHeader, newer: ModelHeader): boolean =>
  isOfSameRun(mine.attempt, newer.attempt) && newer.round - mine.round <= (mine.maxStaleness ?? 0);
