/** Samples of the aggregator's own, for FLTrust: kept as a client keeps them, through restarts, and never sent. */
import { meaningOf, shapeOf } from '../../lib/data/sample-input';
import { gatewayLearner } from '../../lib/federation/gateway-learner';
import type { Learner } from '../../lib/federation/learner';
import { inputSize, targetWidth } from '../../lib/model/shapes';
import { createStore } from '../../lib/state/store';
import { createEmbedding } from '../shared/embedding';
import { createIntake, type Intake } from '../shared/intake';
import { openSamples } from '../shared/kept-samples';
import { type Model, stateFolder } from '../shared/model';
import type { leasePool } from '../shared/pool';
import type { Red } from '../shared/red';
import type { Shell } from '../shared/shell';

const CAPACITY = 10_000;

export interface RootSamples {
  learner: Learner;
  intake: Intake;
}

export async function openRoot(
  RED: Red,
  {
    shell,
    model,
    pool,
    federation,
    warn,
  }: {
    shell: Shell;
    model: Model;
    pool: ReturnType<typeof leasePool>;
    federation: string;
    warn(sentence: string): void;
  },
): Promise<RootSamples> {
  const { spec, engine } = model;
  const shape = shapeOf(spec, targetWidth(spec));
  const samples = await openSamples(
    {
      width: inputSize(spec),
      targetWidth: shape.targetWidth,
      capacity: CAPACITY,
      eviction: 'oldest',
      meaning: meaningOf(spec),
      store: createStore(stateFolder(RED, 'federations')),
      name: `${federation} root samples`,
    },
    warn,
  );
  const { bank } = samples;
  const embedding = createEmbedding(model, pool, shell.closing);
  return {
    learner: gatewayLearner({
      model,
      bank,
      train: async (job, { signal, onProgress }) => (await pool.get()).train(job, { signal, onProgress, engine }),
    }),
    intake: createIntake({ shell, samples, shape, embedding, client: 'root', onChange() {} }),
  };
}
