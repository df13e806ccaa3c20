/** The attacks that need nothing but the client's own update. Those of several clients are in collusion.ts. */
import type { Generator } from '../random/generator';
import { decodeAll } from '../update/codecs/registry';
import type { Message, UpdateHeader } from '../update/message';
import { normOf, vectorPayload } from '../update/vector';
import { freeRide } from './free-rider';
import { gaussianUpdate } from './gaussian';
import { notFinite } from './not-finite';
import type { AttackOptions } from './options';
import { scale } from './scaling';
import { signFlip } from './sign-flip';

export type LoneAttack = Extract<
  AttackOptions,
  { name: 'sign-flip' | 'scaling' | 'gaussian' | 'free-rider' | 'not-finite' | 'wrong-counts' }
>;

export interface Around {
  random: Generator;
  /** How many were asked in the round. */
  expected: number;
  /** The last change of the global model. */
  change?: Float32Array;
}

/** The numbers that are sent in place of `own`, which stays as it is. */
export function attackVector(
  own: Float32Array,
  attack: LoneAttack,
  { random, expected, change }: Around,
): Float32Array {
  switch (attack.name) {
    case 'sign-flip':
      return signFlip(own, attack.factor);
    case 'scaling':
      return scale(own, attack.gamma ?? expected);
    case 'gaussian':
      return gaussianUpdate(own.length, attack.deviation, random);
    case 'free-rider': {
      const { sends, norm = normOf(own) } = attack;
      const fitting = change?.length === own.length ? change : undefined;
      return freeRide(own.length, { sends, norm, change: fitting }, random);
    }
    case 'not-finite':
      return notFinite(own, attack.number, attack.where, random);
    case 'wrong-counts':
      return own;
  }
}

/** `vector` under the header of `fl`: as float32, since what a codec did to the honest numbers does not fit these. */
export const withVector = (fl: UpdateHeader, vector: Float32Array): Message<UpdateHeader> => ({
  fl: { ...fl, codecs: [] },
  payload: vectorPayload(vector),
});

/** Throws RefusedError when the update cannot be decoded. */
export function attackUpdate(
  { fl, payload }: Message<UpdateHeader>,
  attack: LoneAttack,
  around: Around,
): Message<UpdateHeader> {
  if (attack.name === 'wrong-counts') return { fl: { ...fl, samples: attack.samples }, payload };
  return withVector(fl, attackVector(decodeAll(payload, fl.codecs, fl.tensors), attack, around));
}
