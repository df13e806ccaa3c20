/**
 * Of the groups of clients the one that this client is in: told when it was asked, or chosen by itself (IFCA). Kept through restarts,
 * so that it hears the model of its group before it is asked again.
 */
import { limits } from '../../update/limits';
import type { ModelHeader } from '../../update/message';
import type { GlobalModel } from '../learner';
import { thresholdOfGroup } from '../threshold';
import type { Work } from '../work';
import type { LocalMemory, MemoryKey } from './memory';

export interface OwnGroup {
  /** Undefined: none yet. */
  readonly now: number | undefined;
  /** What was kept has been looked for. */
  readonly isRead: boolean;
  read(): Promise<void>;
  set(group: number | undefined): void;
  /** Writes down what was set. Never rejects: a group that is not kept is told again with the next asking. */
  keep(): Promise<void>;
}

const isGroup = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value < limits.groups;

/** `model`: fingerprint. */
export function ownGroup(memory: LocalMemory, model: string, onNotKept: (reason: string) => void): OwnGroup {
  const key: MemoryKey = { rule: 'group', model, size: 1 };
  let now: number | undefined;
  let kept: number | undefined;
  let isRead = false;
  let reading: Promise<void> | undefined;
  const find = async (): Promise<void> => {
    const found = (await memory.recall(key, 1).catch(() => undefined))?.[0];
    isRead = true;
    // An asking that came meanwhile knows better.
    if (isGroup(found)) now ??= kept = found;
  };
  return {
    get now() {
      return now;
    },
    get isRead() {
      return isRead;
    },
    read() {
      reading ??= find();
      return reading;
    },
    set(group) {
      now = group;
    },
    async keep() {
      if (now === undefined || now === kept) return;
      const vector = Float32Array.of(now);
      kept = now;
      await memory
        .remember(key, { settled: 0, before: vector, round: 1, after: vector })
        .catch((error: unknown) => onNotKept(error instanceof Error ? error.message : String(error)));
    },
  };
}

const isChosen = ({ local }: ModelHeader): boolean => local?.name === 'ifca';

/** Whether a model is of one group of several, or there are those of all with it. */
export const isOfGroups = (fl: ModelHeader): boolean => fl.group !== undefined || isChosen(fl);

/** That of a client which is asked with this model. */
export const groupOfAsking = (fl: ModelHeader, known: number | undefined): number | undefined =>
  fl.group ?? (isChosen(fl) ? known : undefined);

/** Of the models of all groups the one of a client in `group`; undefined: it has none yet. */
export function modelOfGroup({ fl, global, further }: Work, group: number | undefined): GlobalModel | undefined {
  if (!isChosen(fl)) return global;
  const weights = group === undefined ? undefined : [global.weights, ...further][group];
  if (group === undefined || !weights) return undefined;
  const threshold = fl.threshold && thresholdOfGroup(fl.threshold, group).value;
  return { ...global, weights: Float32Array.from(weights), ...(threshold === undefined ? {} : { threshold }) };
}
