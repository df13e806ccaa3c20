/**
 * A filter that remembers, and one client behind it, round by round from the one that is asked for: what leaves is told. Ended by kill -9,
 * by kill.test.ts. Parameters: folder, first round, the last one that had counted.
 */
import { generator } from '../../../lib/random/generator';
import { createResiduals, type Feedback } from '../../../lib/residual';
import { createStore, type Store } from '../../../lib/state';
import { applyCodec } from '../../../lib/update/codecs/registry';
import type { Message, UpdateHeader } from '../../../lib/update/message';
import { vectorPayload } from '../../../lib/update/vector';

export const SIZE = 2000;

export const feedback: Feedback = { name: 'momentum', momentum: 0.5 };

/** What the client learns in a round. */
export function learnedIn(round: number): Float32Array {
  const random = generator(round, 'learned');
  return Float32Array.from({ length: SIZE }, () => random.normal());
}

/** What leaves in each round, told before the next one begins. */
export async function pass(
  store: Pick<Store, 'read' | 'write'> | undefined,
  rounds: { from: number; to: number; settled: number },
  tell: (round: number, payload: Buffer) => void,
): Promise<void> {
  const residuals = createResiduals('filter', store);
  let { settled } = rounds;
  for (let round = rounds.from; round <= rounds.to; round++) {
    const update: Message<UpdateHeader> = {
      fl: {
        kind: 'update',
        ...{ federation: 'f', model: 'ab'.repeat(32), round, attempt: 'x.1', client: 'a', samples: 1, settled },
        ...{ codecs: [], tensors: [[SIZE, 1]], expected: 1, deadlineMs: 1000 },
      },
      payload: vectorPayload(learnedIn(round)),
    };
    const out = await residuals.compress(update, feedback, (one) =>
      applyCodec(one, 'sparsify', { method: 'top-k', share: 0.05 }),
    );
    tell(round, out.payload);
    settled = round;
  }
}

if (require.main === module) {
  const [folder, from, settled] = process.argv.slice(2);
  const rounds = { from: Number(from), to: Number.MAX_SAFE_INTEGER, settled: Number(settled) };
  pass(createStore(folder), rounds, (round, payload) => {
    process.stdout.write(`round ${round} ${payload.toString('base64')}\n`);
  }).catch((thrown) => {
    process.stderr.write(`${thrown}\n`);
    process.exit(1);
  });
}
