/** The rounds under way of a collusion (collusion.ts), bounded in number and bytes: what finds no room is sent with what is known so far. */
import { decodeAll } from '../update/codecs/registry';
import type { DeclineHeader, Message, UpdateHeader } from '../update/message';
import { vectorSize } from '../update/vector';
import { type CollusiveAttack, forged, type Gathering, gatheringOf, isComplete } from './collusion';

/** Rounds gathered at once, and rounds that are over and remembered for who comes late. */
const MOST_OPEN = 16;
const MOST_DONE = 4;
/** The share of the round's deadline that is waited, so that what was held still comes in time; and the least wait, ms. */
const SHARE = 0.8;
const LEAST_WAIT_MS = 500;

export interface Forged<T> {
  item: T;
  fl: UpdateHeader;
  vector: Float32Array;
}

export interface Taken<T> {
  /** The message itself goes on unchanged. */
  through: boolean;
  forged: Forged<T>[];
}

export interface Gatherings<T> {
  take(item: T, message: Message<UpdateHeader> | Message<DeclineHeader>, attack: CollusiveAttack): Taken<T>;
  release(key: string): Forged<T>[];
}

export interface GatheringsParts {
  memory: number;
  isAttacked(client: string): boolean;
  onHold?(key: string, milliseconds: number): void;
}

interface Open<T> extends Gathering<T> {
  attack: CollusiveAttack;
  due: boolean;
}

const keyOf = ({ federation, model, round, attempt }: UpdateHeader | DeclineHeader): string =>
  JSON.stringify([federation, model, round, attempt]);

const isUpdate = (message: Message<UpdateHeader> | Message<DeclineHeader>): message is Message<UpdateHeader> =>
  message.fl.kind === 'update';

export function createGatherings<T>({ memory, isAttacked, onHold }: GatheringsParts): Gatherings<T> {
  const open = new Map<string, Open<T>>();
  const done = new Map<string, Float32Array>();

  const settle = (gathering: Open<T>): Forged<T>[] => {
    open.delete(gathering.key);
    const vectors = new Map<number, Float32Array>();
    const vectorFor = (own: Float32Array): Float32Array => {
      const known = vectors.get(own.length) ?? forged(gathering, gathering.attack, own);
      vectors.set(own.length, known);
      return known;
    };
    const released = gathering.held.map(({ item, message: { fl, payload } }) => {
      const vector = vectorFor(decodeAll(payload, fl.codecs, fl.tensors));
      done.set(gathering.key, vector);
      return { item, fl, vector };
    });
    for (const key of done.keys()) {
      if (done.size <= MOST_DONE) break;
      done.delete(key);
    }
    return released;
  };

  /** The gathering of this asking, and what an older one that had to make room sends. */
  const gatheringFor = (key: string, attack: CollusiveAttack): { gathering: Open<T>; ended: Forged<T>[] } => {
    const known = open.get(key);
    if (known) return { gathering: known, ended: [] };
    const [oldest] = open.values();
    const ended = open.size >= MOST_OPEN && oldest ? settle(oldest) : [];
    const gathering: Open<T> = { ...gatheringOf<T>(key), attack, due: false };
    open.set(key, gathering);
    return { gathering, ended };
  };

  const used = (): number => [...open.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  /** Forgets what was only listened to: rounds that never ended, in which nothing waits. */
  const makeRoom = (bytes: number, mine: Open<T>): boolean => {
    for (const other of open.values()) {
      if (used() + bytes <= memory) return true;
      if (other !== mine && other.held.length === 0) open.delete(other.key);
    }
    return used() + bytes <= memory;
  };

  /** False: there is no room for it. Throws RefusedError when it cannot be read. */
  const learn = (gathering: Open<T>, { fl, payload }: Message<UpdateHeader>, attacked: boolean): boolean => {
    const bytes = 4 * vectorSize(fl.tensors) + payload.length;
    if (!makeRoom(bytes, gathering)) return false;
    const vector = decodeAll(payload, fl.codecs, fl.tensors);
    gathering.bytes += bytes;
    if (vector.every(Number.isFinite)) gathering.known.push({ client: fl.client, attacked, vector });
    return true;
  };

  const takeUpdate = (item: T, message: Message<UpdateHeader>, attack: CollusiveAttack): Taken<T> => {
    const { fl, payload } = message;
    const key = keyOf(fl);
    const attacked = isAttacked(fl.client);
    const over = done.get(key);
    if (over) {
      const fits = attacked && over.length === vectorSize(fl.tensors);
      return { through: !fits, forged: fits ? [{ item, fl, vector: over }] : [] };
    }
    const { gathering, ended } = gatheringFor(key, attack);
    // A second answer of one client tells nothing new.
    if (gathering.answered.has(fl.client)) return { through: true, forged: ended };
    if (attacked) {
      const fits = learn(gathering, message, true);
      gathering.attackers.add(fl.client);
      if (fits) gathering.held.push({ item, message });
      else ended.push({ item, fl, vector: forged(gathering, attack, decodeAll(payload, fl.codecs, fl.tensors)) });
    } else {
      try {
        learn(gathering, message, false);
      } catch {
        // The aggregator will say what is wrong with it.
      }
    }
    gathering.answered.add(fl.client);
    gathering.expected = Math.max(gathering.expected, fl.expected);
    if (isComplete(gathering)) ended.push(...settle(gathering));
    else if (!gathering.due && gathering.held.length > 0) {
      gathering.due = true;
      onHold?.(key, Math.max(LEAST_WAIT_MS, SHARE * fl.deadlineMs));
    }
    return { through: !attacked, forged: ended };
  };

  return {
    take(item, message, attack) {
      if (isUpdate(message)) return takeUpdate(item, message, attack);
      const key = keyOf(message.fl);
      if (done.has(key)) return { through: true, forged: [] };
      const { gathering, ended } = gatheringFor(key, attack);
      gathering.answered.add(message.fl.client);
      const complete = gathering.expected > 0 && isComplete(gathering);
      return { through: true, forged: complete ? [...ended, ...settle(gathering)] : ended };
    },
    release(key) {
      const gathering = open.get(key);
      return gathering ? settle(gathering) : [];
    },
  };
}
