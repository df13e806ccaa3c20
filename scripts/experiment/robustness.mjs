// How many decisions of a federation's model hold when the held-out samples are moved against it, and what its last layer amplifies.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';

const load = createRequire(join(root, 'dist/lib/'));

const figuresOf = (way, { clean, fgsm, pgd, amplification }) => ({
  [`${way}Clean`]: clean,
  ...Object.fromEntries(fgsm.map((share, i) => [`${way}Fgsm${i + 1}`, share])),
  ...Object.fromEntries(pgd.map((share, i) => [`${way}Pgd${i + 1}`, share])),
  [`${way}Amplification`]: amplification[amplification.length - 1].ratio,
});

/** settings.robustness: { strengths, steps }. Figures such as float32Clean, int8Pgd2 (of the second strength), int8Amplification. */
export async function robustFigures({ robustness, seed }, spec, engine, { weights, normalisation }, samples) {
  const { measureRobustness } = load('./robustness/index.js');
  const job = { spec, weights, normalisation, samples, ...robustness, seed };
  const { float32, int8 } = await measureRobustness(job, engine, engine);
  return { ...figuresOf('float32', float32), ...(int8 && figuresOf('int8', int8)) };
}
