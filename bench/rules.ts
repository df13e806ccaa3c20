/**
 * What a rule costs beside FedAvg's fold of the same updates, and Krum beside its distances at half of the rate at which the
 * core multiplies and adds (float32 products of a dense layer).
 */
import { createKernels } from '../lib/core';
import { generator } from '../lib/random/generator';
import { createRule } from '../lib/robust';
import type { RuleOptions } from '../lib/robust/options';
import { createCoreEngine } from '../lib/training/core/engine';
import { compare, type Row } from './measure';

const kernels = createKernels();
const WIDTH = 512;

/** Noise on one direction, so that FLTrust trusts all. */
function updates(count: number, length: number): Float32Array[] {
  const random = generator(1, 'bench rules');
  return Array.from({ length: count }, () => Float32Array.from({ length }, () => random.uniform() - 0.4));
}

/** Multiply-adds in a second. */
async function rate(): Promise<number> {
  const engine = createCoreEngine();
  const count = 512;
  const job = {
    spec: {
      version: 1,
      task: 'regress',
      input: [WIDTH],
      layers: [{ type: 'dense', units: WIDTH, activation: 'linear' }],
      loss: 'mean_squared_error',
      seed: 1,
    } as const,
    weights: new Float32Array(WIDTH * WIDTH + WIDTH).fill(0.01),
    features: new Float32Array(count * WIDTH).fill(0.5),
    count,
  };
  const run = (): unknown => engine.predict(job as unknown as Parameters<typeof engine.predict>[0]);
  const { ours } = await compare(run, run, { turns: 5, ms: 50 });
  return (count * WIDTH * WIDTH) / ours;
}

export async function rules(): Promise<Row[]> {
  const rows: Row[] = [];
  const perSecond = await rate();
  for (const [count, length, f] of [
    [1000, 10_000, 200],
    [100, 100_000, 20],
  ]) {
    const vectors = updates(count, length);
    const root = vectors[0];
    // As the aggregator has them: it looks at the norm of each update when it comes, whatever the rule.
    const norms = vectors.map((vector) => kernels.norm(vector));
    const sum = kernels.fold(length);
    const fedavg = (): Float32Array => {
      sum.reset();
      for (const [i, vector] of vectors.entries()) sum.add(vector, 1 + (i % 100));
      return sum.mean(count);
    };
    const chosen: RuleOptions[] = [
      { name: 'norm-bound' },
      { name: 'fltrust' },
      { name: 'median', f },
      { name: 'trimmed-mean', beta: 0.2, f },
      { name: 'centered-clip' },
      { name: 'geometric-median' },
      { name: 'multi-krum', f },
      { name: 'bulyan', f },
      { name: 'flame' },
      { name: 'foolsgold' },
    ];
    for (const options of chosen) {
      const rule = createRule(options);
      const run = (): unknown => rule?.combine({ vectors, root, norms, histories: vectors }, kernels);
      const slow = ['multi-krum', 'bulyan', 'flame', 'foolsgold'].includes(options.name);
      const { ours, ratio } = await compare(run, fedavg, slow ? { turns: 3, ms: 1 } : { turns: 9, ms: 20 });
      const name = `rules/${options.name} ${count}`;
      rows.push({ name, value: ours, unit: 's', against: `fedavg (costs ${(1 / ratio).toPrecision(3)} of it)`, ratio });
      if (options.name !== 'multi-krum') continue;
      const half = (count * count * length) / 2 / (perSecond / 2);
      rows.push({ name, value: ours, unit: 's', against: 'distances at half rate', ratio: half / ours });
    }
  }
  return rows;
}
