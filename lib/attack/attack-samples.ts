/** The attacks on data: a 'samples' message of an attacked client becomes another. */
import { decodeSamples, encodeSamples } from '../data/samples-message';
import type { Generator } from '../random/generator';
import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';
import type { Message, SamplesHeader } from '../update/message';
import { poisonSamples } from './backdoor';
import { flipLabels } from './label-flip';
import type { AttackOptions } from './options';

export type SamplesAttack = Extract<AttackOptions, { name: 'label-flip' | 'backdoor' }>;

const bad = (message: string): RefusedError => new RefusedError('bad-setting', message);

/** The number of a class that is named or numbered. */
function classOf(wanted: number | string, classes: readonly string[]): number {
  const found = classes.indexOf(String(wanted));
  const number = found >= 0 ? found : Number(wanted);
  if (Number.isInteger(number) && number >= 0 && number < classes.length) return number;
  throw bad(`Choose one of the classes ${classes.join(', ').slice(0, 200)}: "${wanted}" is none of them.`);
}

/** The samples as the attacker would have them learned. Throws RefusedError when a class is named that there is not. */
export function attackBlock(
  block: SampleBlock,
  classes: readonly string[],
  attack: SamplesAttack,
  random: Generator,
): SampleBlock {
  if (attack.name === 'backdoor') {
    const { features, value, part } = attack;
    const target = classOf(attack.target, classes);
    return poisonSamples(block, { trigger: { features, value }, target, part }, random);
  }
  const from = attack.from === undefined ? undefined : classOf(attack.from, classes);
  const to = attack.to === undefined ? undefined : classOf(attack.to, classes);
  return { ...block, targets: flipLabels(block.targets, classes.length, { from, to }) };
}

/** `fl` and `payload` are checked already. Only samples with the number of their class can be attacked; others: undefined. */
export function attackSamples(
  { fl, payload }: Message<SamplesHeader>,
  attack: SamplesAttack,
  random: Generator,
): Message<SamplesHeader> | undefined {
  const { kind: _, count, width, targets, ...info } = fl;
  if (fl.classes === undefined || targets !== 1 || count === 0) return undefined;
  const block = attackBlock(decodeSamples(fl, payload), fl.classes, attack, random);
  return encodeSamples(block, width, targets, info);
}
