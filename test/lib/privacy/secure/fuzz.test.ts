/** Whatever becomes of the messages of a secure sum on their way: the right sum, or none. */
import assert from 'node:assert/strict';
import { type Generator, generator } from '../../../../lib/random/generator';
import type { Message, SecureAnswer, SecureRequest } from '../../../../lib/update/message';
import { mutateBytes } from '../../update/fuzz/mutate';
import { cohort, holds, identitiesOf, play } from './cohort';

/** Changed in its bytes, its lists, or its step; or lost. */
function spoiled<M extends Message<SecureAnswer> | Message<SecureRequest>>(
  message: M,
  random: Generator,
): M | undefined {
  const which = random.below(6);
  if (which === 0) return undefined;
  if (which < 4) return { ...message, payload: mutateBytes(message.payload, random) };
  const fl = structuredClone(message.fl);
  if (which === 4) fl.step = (['keys', 'shares', 'survivors', 'unmask'] as const)[random.below(4)];
  else if ('cohort' in fl) {
    const list = fl.members && random.below(2) === 0 ? fl.members : fl.cohort;
    if (random.below(2) === 0) list.splice(random.below(list.length), 1);
    else list.push(list[0] ?? 'nobody');
  } else fl.client = `plant-${random.below(7)}`;
  return { ...message, fl };
}

describe('a secure sum whose messages are changed on their way', () => {
  it('is right or void, and no change of them makes anything throw', () => {
    const random = generator(11, 'secure fuzz');
    const identities = identitiesOf(cohort(7).clients);
    let [right, none, refusals] = [0, 0, 0];
    for (let trial = 0; trial < 300; trial++) {
      const parts = { ...cohort(4 + random.below(4), 6, trial), options: { threshold: 0.5 } };
      const often = [0.01, 0.05, 0.3][trial % 3];
      const perhaps = <M extends Message<SecureAnswer> | Message<SecureRequest>>(message: M): M | undefined =>
        random.uniform() < often ? spoiled(message, random) : message;
      const signed = trial % 2 === 0 ? { identities } : {};
      const played = play({ ...parts, ...signed, way: perhaps, back: perhaps });
      refusals += played.refused.length;
      if (played.result) {
        holds(parts, played, played.result.clients);
        right++;
      } else {
        assert.match(played.void?.code ?? '', /^secure-(few|shares)$/);
        none++;
      }
    }
    assert.ok(right > 50 && none > 50 && refusals > 300, `${right} right, ${none} void, ${refusals} refused`);
  });
});
