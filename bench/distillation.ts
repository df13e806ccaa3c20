/** Learning from predictions of 1,000 rows: what softening costs beside the training, and a pass towards them against one towards labels. */
import { logitsOf, softTargets } from '../lib/distillation';
import { initialWeights, parseSpec } from '../lib/model';
import { generator } from '../lib/random/generator';
import { createCoreEngine } from '../lib/training/core/engine';
import type { TrainJob } from '../lib/training/engine';
import { compare, type Row } from './measure';

const ROWS = 1000;
const LABELS = 10;

export async function distillation(): Promise<Row[]> {
  const engine = createCoreEngine();
  const random = generator(1, 'bench distillation');
  const spec = parseSpec({
    task: 'classify',
    input: [64],
    layers: [
      { type: 'dense', units: 32, activation: 'relu' },
      { type: 'dense', units: LABELS, activation: 'softmax' },
    ],
    labels: Array.from({ length: LABELS }, (_, label) => String(label)),
  });
  const job: TrainJob = {
    spec,
    weights: initialWeights(spec),
    samples: {
      features: Float32Array.from({ length: ROWS * 64 }, () => random.normal()),
      targets: Float32Array.from({ length: ROWS }, () => random.below(LABELS)),
      count: ROWS,
    },
    options: { epochs: 1, batchSize: 16, optimizer: 'sgd', learningRate: 0.01, seed: 1 },
  };
  const { features } = job.samples;
  const { outputs } = await engine.predict({ spec, weights: job.weights, features, count: ROWS });
  const taught = { temperature: 2, share: 1 };
  const soft = softTargets(logitsOf(outputs, spec), spec, taught);
  const softening = await compare(
    () => softTargets(logitsOf(outputs, spec), spec, taught),
    () => engine.train(job),
  );
  const pass = await compare(
    () => engine.train({ ...job, soft }),
    () => engine.train(job),
  );
  return [
    {
      name: 'distill/soften',
      value: ROWS / softening.ours,
      unit: 'rows/s',
      against: 'training on them',
      ratio: softening.ratio,
    },
    { name: 'distill/train', value: ROWS / pass.ours, unit: 'rows/s', against: 'towards labels', ratio: pass.ratio },
  ];
}
