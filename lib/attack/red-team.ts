/**
 * Stands on the way of a federation's messages and applies one attack to those of the attacked clients; everything else goes
 * on as it came. Messages are given with an item of the caller's own (the message of a flow), which comes back with what
 * is to be sent. An attacked message is marked: fl.notes.attack has the name of the attack.
 */
import { generator } from '../random/generator';
import { decodeAll } from '../update/codecs/registry';
import { limits } from '../update/limits';
import type { DeclineHeader, Header, Message, Notes, UpdateHeader } from '../update/message';
import { attackSamples } from './attack-samples';
import { type Around, attackUpdate, withVector } from './attack-update';
import { type Attacked, isAttacked } from './attacked';
import { createGatherings } from './gatherings';
import { type AttackOptions, checkAttack } from './options';
import { createReplay } from './replay';
import { sybilNames } from './sybils';
import { createWatch } from './watch';

export interface RedTeamParts {
  attack: AttackOptions;
  attacked: Attacked;
  /** Rounds that are attacked, both ends included; samples have no round and are always attacked. */
  fromRound?: number;
  toRound?: number;
  seed: number;
  /** Bytes of updates that are remembered or held at most. */
  memory: number;
  /** Updates of attacked clients wait for the others: `release(key)` after so many ms at the latest. */
  onHold?(key: string, milliseconds: number): void;
}

/** To be sent on. `changed`: it is not what came, or not all that came. */
export interface Passed<T> {
  item: T;
  message: Message;
  changed: boolean;
}

export interface RedTeam<T> {
  /** `message` is checked already. Throws RefusedError when an attacked message cannot be decoded. */
  take(item: T, message: Message): Passed<T>[];
  /** What was held under this key; nothing when it has gone on already. */
  release(key: string): Passed<T>[];
}

/** The mark; the last note gives its place when there is no room for it. */
export function marked<H extends Header>(fl: H, attack: string): H {
  const notes: [string, Notes[string]][] = Object.entries(fl.notes ?? {}).filter(([name]) => name !== 'attack');
  return { ...fl, notes: { ...Object.fromEntries(notes.slice(0, limits.notes - 1)), attack } };
}

const isOf = <K extends Header['kind']>(message: Message, kind: K): message is Message<Extract<Header, { kind: K }>> =>
  message.fl.kind === kind;

export function createRedTeam<T>(parts: RedTeamParts): RedTeam<T> {
  const { attacked, seed, memory, fromRound = 0, toRound = Number.POSITIVE_INFINITY } = parts;
  const attack = checkAttack(parts.attack);
  const watch = createWatch();
  const replay = createReplay<Message<UpdateHeader>>(
    attack.name === 'replay' ? attack.age : 1,
    memory,
    ({ payload }) => payload.length,
  );
  const pass = (item: T, message: Message): Passed<T>[] => [{ item, message, changed: false }];
  const changed = (item: T, { fl, payload }: Message): Passed<T> => ({
    item,
    message: { fl: marked(fl, attack.name), payload },
    changed: true,
  });
  const gatherings = createGatherings<T>({
    memory,
    isAttacked: (client) => isAttacked(client, attacked),
    onHold: parts.onHold,
  });

  const isDue = ({ round }: UpdateHeader): boolean => round >= fromRound && round <= toRound;
  const around = ({ federation, round, client, expected }: UpdateHeader): Around => ({
    random: generator(seed, attack.name, federation, round, client),
    expected,
    change: watch.change(federation),
  });

  const collude = (item: T, message: Message<UpdateHeader> | Message<DeclineHeader>): Passed<T>[] => {
    if (attack.name !== 'little-is-enough' && attack.name !== 'inner-product') return pass(item, message);
    const { through, forged } = gatherings.take(item, message, attack);
    return [
      ...(through ? pass(item, message) : []),
      ...forged.map(({ item: held, fl, vector }) => changed(held, withVector(fl, vector))),
    ];
  };

  const again = (item: T, message: Message<UpdateHeader>, as: 'numbers' | 'message'): Passed<T>[] => {
    const { fl } = message;
    const old = replay.exchange(JSON.stringify([fl.federation, fl.client]), fl.round, message);
    if (!old || !isDue(fl)) return pass(item, message);
    if (as === 'message') return [changed(item, old)];
    return [changed(item, withVector(fl, decodeAll(old.payload, old.fl.codecs, old.fl.tensors)))];
  };

  const update = (item: T, message: Message<UpdateHeader>): Passed<T>[] => {
    const { fl } = message;
    switch (attack.name) {
      case 'label-flip':
      case 'backdoor':
      case 'sybils':
        return pass(item, message);
      case 'replay':
        return isAttacked(fl.client, attacked) ? again(item, message, attack.as) : pass(item, message);
      case 'little-is-enough':
      case 'inner-product':
        return !isDue(fl) ? pass(item, message) : collude(item, message);
      default:
        if (!isDue(fl) || !isAttacked(fl.client, attacked)) return pass(item, message);
        return [changed(item, attackUpdate(message, attack, around(fl)))];
    }
  };

  /** Whatever an attacked client says is said under its further names too. From its join on, so that the names are asked too. */
  const multiply = (item: T, message: Message): Passed<T>[] => {
    const { fl, payload } = message;
    const speaks = fl.kind === 'join' || fl.kind === 'statistics' || fl.kind === 'decline' || fl.kind === 'update';
    if (attack.name !== 'sybils' || !speaks || !isAttacked(fl.client, attacked)) return pass(item, message);
    if (fl.kind === 'update' && !isDue(fl)) return pass(item, message);
    const others = sybilNames(fl.client, attack.names);
    return [changed(item, message), ...others.map((client) => changed(item, { fl: { ...fl, client }, payload }))];
  };

  return {
    take(item, message) {
      if (attack.name === 'sybils') return multiply(item, message);
      if (isOf(message, 'samples')) {
        if (attack.name !== 'label-flip' && attack.name !== 'backdoor') return pass(item, message);
        const client = message.fl.client ?? '';
        if (!isAttacked(client, attacked)) return pass(item, message);
        const poisoned = attackSamples(message, attack, generator(seed, attack.name, client, watch.block(client)));
        return poisoned ? [changed(item, poisoned)] : pass(item, message);
      }
      if (isOf(message, 'model') && attack.name === 'free-rider') watch.hear(message);
      if (isOf(message, 'update')) return update(item, message);
      if (isOf(message, 'decline')) return collude(item, message);
      return pass(item, message);
    },
    release: (key) => gatherings.release(key).map(({ item, fl, vector }) => changed(item, withVector(fl, vector))),
  };
}
