/**
 * Prunes the models of a federation on their way to the clients, and the updates on their way back. Clients train from the pruned
 * model; what they learn of pruned numbers is dropped, and in its place the update takes the aggregator's own number to
 * zero. Once it is there, or as near as what stands between lets it come (fewer bits, a server optimiser), nothing of it is sent any more.
 */
import type { Kernels } from '../core/kernels';
import { isOlder } from '../federation/attempt';
import type { Layout } from '../model/layout';
import { namedParts } from '../state/names';
import type { Store } from '../state/store';
import { checkOrder } from '../update/codecs/composition';
import { applyCodec, operations } from '../update/codecs/registry';
import { type Message, type ModelHeader, RefusedError, type UpdateHeader } from '../update/message';
import { readVector, requireFinite, vectorPayload } from '../update/vector';
import { checkPrunable, emptyMask, type Mask, masked, type PruneOptions } from './mask';
import { checkSchedule, type PruneSchedule, sparsityAt } from './schedule';

export interface PrunerParts {
  model: { layout: Layout; fingerprint: string };
  schedule: PruneSchedule;
  options: PruneOptions;
  kernels: Pick<Kernels, 'greatest' | 'allFinite'>;
  /** Tells the pruners of one store apart. */
  name: string;
  /** Absent: the mask is forgotten with the process. */
  store?: Pick<Store, 'read' | 'write'>;
}

export interface Pruned<H extends ModelHeader | UpdateHeader> {
  message: Message<H>;
  /** Numbers of the model that are pruned, of all of them. */
  pruned: number;
}

export interface Pruner {
  /** Resolves when a mask that has grown is on disk. Rejects with RefusedError. One after the other. */
  model(message: Message<ModelHeader>): Promise<Pruned<ModelHeader>>;
  update(message: Message<UpdateHeader>): Promise<Pruned<UpdateHeader>>;
}

interface State {
  mask: Mask;
  /** How many numbers it prunes: told with each update. */
  pruned: number;
  /** The last round whose model came, and its asking; absent: none since the start. */
  round: number;
  attempt?: string;
  /** Models as they came from the aggregator, by round. */
  came: Map<number, Float32Array>;
}

/** Models that updates may still be against, and federations that are held at a time. */
const MOST_MODELS = 4;
const MOST_FEDERATIONS = 16;

/** Of the root mean square of the numbers that stay: below it the aggregator's number is zero for all that matters. */
const NEAR_ZERO = 0.01;

function nearZero(weights: Float32Array, mask: Mask): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < weights.length; i++) {
    if (mask[i] === 1) continue;
    sum += weights[i] ** 2;
    count++;
  }
  return NEAR_ZERO * Math.sqrt(sum / Math.max(1, count));
}

const countOf = (mask: Uint8Array): number => {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i];
  return count;
};

/** What of a change is sent, and where it lies: all that is not pruned, and what takes pruned numbers of `start` to zero. */
function thinned(
  change: Float32Array,
  mask: Mask,
  start: Float32Array | undefined,
  near: number,
): { next: Float32Array; positions: Uint32Array } {
  const next = new Float32Array(change.length);
  const positions = new Uint32Array(change.length);
  let count = 0;
  for (let i = 0; i < change.length; i++) {
    if (mask[i] === 0) next[i] = change[i];
    else if (start && Math.abs(start[i]) > near) next[i] = -start[i];
    else continue;
    positions[count++] = i;
  }
  return { next, positions: positions.subarray(0, count) };
}

interface Json {
  version: 1;
  fingerprint: string;
  round: number;
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  value.version === 1 &&
  'fingerprint' in value &&
  'round' in value &&
  Number.isSafeInteger(value.round);

const recordOf = (name: string, federation: string): string => JSON.stringify(['mask', name, federation]);

/** Takes the masks of a pruner that will never be there again off the disk. */
export function forgetMasks(name: string, store: Pick<Store, 'removeAll'>): Promise<void> {
  return store.removeAll((record) => {
    const parts = namedParts(record);
    return parts.length === 3 && parts[0] === 'mask' && parts[1] === name;
  });
}

/** Throws RefusedError 'bad-setting'. */
export function createPruner({ model, schedule, options, kernels, name, store }: PrunerParts): Pruner {
  const { layout, fingerprint } = model;
  checkSchedule(schedule);
  checkPrunable(layout, options);
  const states = new Map<string, State>();
  let queue: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  };

  const read = async (federation: string): Promise<State | undefined> => {
    const found = await store?.read(recordOf(name, federation)).catch(() => undefined);
    const mask = found?.parts.mask;
    if (!found || !isJson(found.json) || found.json.fingerprint !== fingerprint) return undefined;
    if (mask?.length !== layout.size || mask.some((one) => one > 1)) return undefined;
    return { mask: Uint8Array.from(mask), pruned: countOf(mask), round: found.json.round, came: new Map() };
  };

  const stateOf = async (federation: string): Promise<State | undefined> => {
    const state = states.get(federation) ?? (await read(federation));
    if (!state) return undefined;
    states.delete(federation);
    for (const other of states.keys()) if (states.size >= MOST_FEDERATIONS) states.delete(other);
    states.set(federation, state);
    return state;
  };

  const requireModel = ({ fl }: Message<ModelHeader> | Message<UpdateHeader>): void => {
    if (fl.model === fingerprint) return;
    throw new RefusedError(
      'fingerprint',
      'This message is of another model than the one chosen here: choose the same fl-model in fl-aggregator and in this node.',
    );
  };

  const zeroed = (weights: Float32Array, mask: Mask): Float32Array =>
    weights.map((value, i) => (mask[i] === 1 ? 0 : value));

  const prune = async (message: Message<ModelHeader>): Promise<Pruned<ModelHeader>> => {
    const { fl, payload } = message;
    if (fl.personal !== undefined) return { message, pruned: 0 };
    requireModel(message);
    if (fl.local !== undefined || fl.group !== undefined) {
      throw new RefusedError(
        'prune-strategy',
        'Clients of this strategy remember what they sent, or have models of several groups, which pruning would contradict: choose fedavg, fedprox or a server optimiser.',
      );
    }
    if (fl.codecs.length > 0) {
      throw new RefusedError('codec-order', 'A model must come to fl-prune as the aggregator sends it.');
    }
    const weights = requireFinite(readVector(payload, layout.size), kernels);
    const known = await stateOf(fl.federation);
    // Held up on its way: it changes nothing. A round that has fallen otherwise is of a federation that begins anew.
    const isLate = known?.attempt !== undefined && isOlder(fl.attempt, known.attempt);
    if (known && isLate) {
      return { message: { fl, payload: vectorPayload(zeroed(weights, known.mask)) }, pruned: known.pruned };
    }
    const isGoingOn = known !== undefined && fl.round >= known.round;
    const before = isGoingOn ? known.mask : emptyMask(layout);
    const isNew = !isGoingOn || known.attempt === undefined || fl.round > known.round;
    const share = sparsityAt(fl.round, schedule);
    const mask = isNew && share > 0 ? masked(layout, weights, options, share, before, kernels) : before;
    const prunedBefore = isGoingOn ? known.pruned : 0;
    const pruned = mask === before ? prunedBefore : countOf(mask);
    if (pruned !== prunedBefore || (known && !isGoingOn)) {
      const json: Json = { version: 1, fingerprint, round: fl.round };
      await store?.write(recordOf(name, fl.federation), { json, parts: { mask } });
    }
    const came = isGoingOn ? known.came : new Map<number, Float32Array>();
    came.set(fl.round, weights.slice());
    for (const round of came.keys()) if (came.size > MOST_MODELS) came.delete(round);
    states.set(fl.federation, { mask, pruned, round: fl.round, attempt: fl.attempt, came });
    return { message: { fl, payload: vectorPayload(zeroed(weights, mask)) }, pruned };
  };

  const thin = async (message: Message<UpdateHeader>): Promise<Pruned<UpdateHeader>> => {
    const { fl, payload } = message;
    requireModel(message);
    checkOrder('select', operations(fl));
    if (fl.codecs.length > 0) {
      throw new RefusedError('codec-order', 'Numbers were dropped before: put fl-prune right behind fl-client.');
    }
    const change = requireFinite(readVector(payload, layout.size), kernels);
    const state = await stateOf(fl.federation);
    const pruned = state ? countOf(state.mask) : 0;
    if (!state || pruned === 0) return { message, pruned };
    const { mask, came } = state;
    const start = came.get(fl.round);
    const { next, positions } = thinned(change, mask, start, start ? nearZero(start, mask) : 0);
    const coded = applyCodec({ payload: vectorPayload(next), fl }, 'sparsify', { method: 'given', positions });
    return { message: { fl: { ...fl, codecs: coded.codecs }, payload: coded.payload }, pruned };
  };

  return {
    model: (message) => inTurn(() => prune(message)),
    update: (message) => inTurn(() => thin(message)),
  };
}
