/** The aggregator's own update of a round, from samples of its own, for rules that compare the clients' updates with one. */
import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import { readVector } from '../update/vector';
import type { Learned } from './checkpoint';
import type { Learner } from './learner';
import type { FederationOptions } from './options';
import { weighted } from './round-zero';
import { trainingAt } from './schedule';
import type { Strategy } from './strategies/strategy';

export interface RootParts {
  /** Trains as a client does; absent: the aggregator has no samples. */
  learner?: Pick<Learner, 'count' | 'learn'>;
  options: Pick<FederationOptions, 'training' | 'schedule' | 'classWeighting' | 'deadlineMs'>;
  strategy: Pick<Strategy, 'training'>;
}

export interface Root {
  /** Begins to train from the model that goes out; what was begun before is given up. */
  begin(learned: Pick<Learned, 'weights' | 'normalisation' | 'labelCounts'>, round: number): void;
  /** Rejects with RefusedError 'no-root', or with what the training rejected with. */
  update(): Promise<Float32Array>;
  close(): void;
}

export function createRoot({ learner, options, strategy }: RootParts): Root {
  let work: Promise<Float32Array> | undefined;
  let ending = new AbortController();

  const learn = async (
    { weights, normalisation, labelCounts }: Parameters<Root['begin']>[0],
    round: number,
    { signal }: AbortController,
  ): Promise<Float32Array> => {
    if (!learner || learner.count === 0) {
      throw new RefusedError('no-root', 'FLTrust needs samples at the aggregator: wire an fl-dataset to its input.');
    }
    const { classWeighting, deadlineMs } = options;
    const training = trainingAt(options, round);
    const seed = streamSeed(training.seed, 'root', round);
    const { payload, codecs } = await learner.learn(
      {
        weights,
        ...(normalisation ? { normalisation } : {}),
        round,
        options: { ...weighted(training, classWeighting, labelCounts), ...strategy.training, seed },
      },
      { signal, deadlineMs, onProgress() {} },
    );
    if (codecs.length > 0) throw new RangeError('The root learner must give its update as it is.');
    return readVector(payload, weights.length);
  };

  return {
    begin(learned, round) {
      ending.abort();
      ending = new AbortController();
      work = learn(learned, round, ending);
      // Whoever asks for it is told; nobody may ask.
      work.catch(() => {});
    },
    update: () => work ?? Promise.reject(new RefusedError('no-root', 'The aggregator has not trained in this round.')),
    close: () => ending.abort(),
  };
}
