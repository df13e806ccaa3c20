/** Accuracy under FGSM (arXiv 1412.6572) and PGD (arXiv 1706.06083) at some strengths, with float32 numbers and with 8 bits. */
import { measureInt8, runInt8, type Written, writeInt8 } from '../export/int8';
import { decidedClasses } from '../metrics/classification';
import { layoutOf } from '../model/layout';
import type { ModelSpec } from '../model/spec';
import { modelUpTo } from '../model/up-to';
import { RefusedError } from '../refused';
import { abortError } from '../training/abort';
import type { Engine, Progress, SampleBlock } from '../training/engine';
import { amplification, weightedLayers } from './amplification';
import type { Robustness, RobustnessJob, UnderAttack } from './job';

const MOST_STRENGTHS = 8;

function checkJob({ spec, samples, strengths }: RobustnessJob): void {
  const refuse = (message: string): never => {
    throw new RefusedError('robustness', message);
  };
  if (spec.task !== 'classify') refuse(`Robustness is measured of classifiers, not of the task "${spec.task}".`);
  if (samples.count < 1) refuse('There are no samples to move.');
  const rising = strengths.every((one, i) => Number.isFinite(one) && one > (i > 0 ? strengths[i - 1] : 0));
  if (strengths.length < 1 || strengths.length > MOST_STRENGTHS || !rising) {
    refuse(`The strengths must be 1 to ${MOST_STRENGTHS} rising numbers above zero.`);
  }
}

/** One way to run the model, whole or up to a layer. */
interface Run {
  whole(samples: SampleBlock): Promise<Float32Array>;
  part(layer: number, samples: SampleBlock): Promise<Float32Array>;
}

/** The last layer is looked at before its activation. */
const partOf = (spec: ModelSpec, layer: number): ModelSpec => modelUpTo(spec, layer, layer >= lastWeighted(spec));
const lastWeighted = (spec: ModelSpec): number => Math.max(...weightedLayers(spec).map(({ layer }) => layer));

function floatRun({ spec, weights, normalisation }: RobustnessJob, engine: Engine): Run {
  const run = async (model: ModelSpec, { features, count }: SampleBlock): Promise<Float32Array> => {
    const part = weights.subarray(0, layoutOf(model).size);
    return (await engine.predict({ spec: model, weights: part, features, count, normalisation })).outputs;
  };
  return { whole: (samples) => run(spec, samples), part: (layer, samples) => run(partOf(spec, layer), samples) };
}

function int8Run({ spec, weights, normalisation, samples: calibration }: RobustnessJob, engine: Engine): Run {
  const files = new Map<string, Promise<Written>>();
  const run = async (key: string, model: ModelSpec, samples: SampleBlock): Promise<Float32Array> => {
    const part = weights.subarray(0, layoutOf(model).size);
    const about: string[] = [];
    const job = { name: 'model', about, spec: model, weights: part, normalisation, calibration } as const;
    const whole = { ...job, rangeMethod: 'minmax' } as const;
    const file = files.get(key) ?? measureInt8(whole, engine).then((measures) => writeInt8(whole, measures));
    files.set(key, file);
    return runInt8(await file, whole, samples);
  };
  return {
    whole: (samples) => run('whole', spec, samples),
    part: (layer, samples) => run(String(layer), partOf(spec, layer), samples),
  };
}

async function underAttack(job: RobustnessJob, moved: Moved, run: Run): Promise<UnderAttack> {
  const { spec, samples, normalisation } = job;
  const accuracy = async (block: SampleBlock): Promise<number> => {
    const classes = decidedClasses(await run.whole(block), block.count, spec.labels?.length);
    return classes.filter((one, i) => one === samples.targets[i]).length / block.count;
  };
  const accuracies = async (blocks: SampleBlock[]): Promise<number[]> => {
    const found: number[] = [];
    for (const block of blocks) found.push(await accuracy(block));
    return found;
  };
  const middle = moved.pgd[Math.floor((moved.pgd.length - 1) / 2)];
  return {
    clean: await accuracy(samples),
    fgsm: await accuracies(moved.fgsm),
    pgd: await accuracies(moved.pgd),
    amplification: await amplification(spec, samples, middle, normalisation, run.part),
  };
}

type Moved = Record<'fgsm' | 'pgd', SampleBlock[]>;

/** `progress` counts rows of each attack. */
async function moveSamples(job: RobustnessJob, engine: Engine, progress?: Progress): Promise<Moved> {
  const { spec, weights, normalisation, samples, strengths, steps, seed } = job;
  const moved: Moved = { fgsm: [], pgd: [] };
  const total = 2 * strengths.length * samples.count;
  for (const method of ['fgsm', 'pgd'] as const) {
    for (const epsilon of strengths) {
      const before = (moved.fgsm.length + moved.pgd.length) * samples.count;
      const evasion = method === 'pgd' ? { method, epsilon, steps } : { method, epsilon };
      const { features } = await engine.evade({ spec, weights, normalisation, samples, evasion, seed }, (rows) =>
        progress ? progress(before + rows, total) : true,
      );
      moved[method].push({ ...samples, features });
      if (progress && !progress(before + samples.count, total)) throw abortError();
    }
  }
  return moved;
}

/**
 * `engine` runs the model; `core` its parts for the int8 file, or the sentence why there is none. Throws RefusedError
 * (code "robustness") for what is no classifier.
 */
export async function measureRobustness(
  job: RobustnessJob,
  engine: Engine,
  core: Engine | string,
  progress?: Progress,
): Promise<Robustness> {
  checkJob(job);
  const { samples, strengths, steps } = job;
  const moved = await moveSamples(job, engine, progress);
  const float32 = await underAttack(job, moved, floatRun(job, engine));
  const found: Robustness = { samples: samples.count, strengths: [...strengths], steps, float32 };
  if (typeof core === 'string') return { ...found, noInt8: core };
  try {
    return { ...found, int8: await underAttack(job, moved, int8Run(job, core)) };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { ...found, noInt8: error.message };
  }
}
