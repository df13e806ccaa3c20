/** What a participant is asked to do, is doing, and has done. */
import { isDeepStrictEqual } from 'node:util';
import type { ModelHeader } from '../update/message';
import { isOfSameRun } from './attempt';
import type { GlobalModel, LocalUpdate } from './learner';

/** What is asked for: the same work under another attempt need not be done again. */
export interface Work {
  /** The latest header that asked for it. */
  fl: ModelHeader;
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
