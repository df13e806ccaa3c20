import { type AttackName, type AttackOptions, attackNames, checkAttack, type RedTeamParts } from '../../lib/attack';
import { RefusedError } from '../../lib/refused';
import type { Settings } from '../shared/red';
import { choice, list, number, text } from '../shared/settings';

/** A field that may be left to the attack itself. */
const ifGiven = (settings: Settings, field: string, fallback: number): number | undefined =>
  choice(settings, `${field}Type`, ['auto', 'num'], 'auto') === 'num' ? number(settings, field, fallback) : undefined;

/** Names or numbers of classes; empty: what the attack does by itself. */
const classOf = (settings: Settings, field: string): string | undefined => text(settings, field) || undefined;

const readKnows = (settings: Settings): 'attackers' | 'everybody' =>
  choice<'attackers' | 'everybody'>(settings, 'knows', ['attackers', 'everybody'], 'attackers');

function attackOf(settings: Settings): AttackOptions {
  const name = choice<AttackName>(settings, 'attack', attackNames, 'sign-flip');
  switch (name) {
    case 'sign-flip':
      return { name, factor: number(settings, 'factor', 5) };
    case 'scaling':
      return { name, gamma: ifGiven(settings, 'gamma', 10) };
    case 'gaussian':
      return { name, deviation: number(settings, 'deviation', 1) };
    case 'little-is-enough':
      return { name, deviations: ifGiven(settings, 'deviations', 1.5), knows: readKnows(settings) };
    case 'inner-product':
      return { name, epsilon: number(settings, 'epsilon', 5), knows: readKnows(settings) };
    case 'label-flip':
      return { name, from: classOf(settings, 'from'), to: classOf(settings, 'to') };
    case 'backdoor': {
      const target = classOf(settings, 'target');
      if (target === undefined) throw new RefusedError('bad-setting', 'Choose the class that the trigger asks for.');
      const part = number(settings, 'part', 50) / 100;
      return {
        name,
        features: list(settings, 'features').map(Number),
        value: number(settings, 'value', 1),
        target,
        part,
      };
    }
    case 'free-rider': {
      const sends = choice<'zero' | 'noise' | 'earlier'>(settings, 'sends', ['zero', 'noise', 'earlier'], 'noise');
      return { name, sends, norm: ifGiven(settings, 'norm', 1) };
    }
    case 'not-finite':
      return {
        name,
        number: choice<'nan' | 'infinity'>(settings, 'number', ['nan', 'infinity'], 'nan'),
        where: choice<'one' | 'all'>(settings, 'where', ['one', 'all'], 'one'),
      };
    case 'wrong-counts':
      return { name, samples: number(settings, 'samples', 1e9) };
    case 'replay':
      return {
        name,
        age: number(settings, 'age', 1),
        as: choice<'numbers' | 'message'>(settings, 'as', ['numbers', 'message'], 'numbers'),
      };
    case 'sybils':
      return { name, names: number(settings, 'names', 3) };
  }
}

/** Throws RefusedError 'bad-setting', one sentence. */
export function adversaryOptions(settings: Settings): Omit<RedTeamParts, 'onHold'> {
  const seed = number(settings, 'seed', 1, { min: 0, max: 0xffffffff, integer: true });
  const byName = choice(settings, 'who', ['share', 'clients'], 'share') === 'clients';
  const share = number(settings, 'share', 20, { min: 0, max: 100 }) / 100;
  const rounds = { min: 0, max: 1e9, integer: true };
  return {
    attack: checkAttack(attackOf(settings)),
    attacked: byName ? { ids: list(settings, 'clients') } : { share, seed },
    fromRound: number(settings, 'fromRound', 1, rounds),
    toRound: number(settings, 'toRound', Number.POSITIVE_INFINITY, rounds),
    seed,
    memory: 1e6 * number(settings, 'memory', 64, { min: 1, max: 16384 }),
  };
}
