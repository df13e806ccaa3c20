/** What each plant reaches by itself: the same rows, network and options, as many steps, its own normalisation. */
import { join } from 'node:path';
import { readCsv } from '../../lib/data/csv';
import { openDataFile } from '../../lib/data/data-file';
import { readBatches, requiredColumns } from '../../lib/data/dataset';
import { poolStatistics, statisticsOf } from '../../lib/data/normalisation';
import { evaluateClasses } from '../../lib/metrics/evaluation';
import { initialWeights } from '../../lib/model/initial-weights';
import { inputSize } from '../../lib/model/shapes';
import type { ModelSpec } from '../../lib/model/spec';
import type { SampleBlock } from '../../lib/training/engine';
import { createPool } from '../../lib/training/pool';
import { aggregatorOptions } from '../../nodes/aggregator/options';
import { datasetOptions } from '../../nodes/dataset/options';
import { specOf } from '../../nodes/model/spec-of';
import type { Settings } from '../../nodes/shared/red';
import type { FlowNode } from '../lib/admin-api';
import { repositoryRoot } from '../lib/node-red-process';
import { factoryNodes } from './factory';

export interface Figures {
  f1: number;
  averagePrecision: number;
}

const shipped = join(repositoryRoot, 'datasets');

const asSettings = (node: FlowNode): Settings => ({ ...node, name: node.name ?? '', z: node.z ?? '' });

function joined(blocks: readonly SampleBlock[]): SampleBlock {
  const features = new Float32Array(blocks.reduce((sum, block) => sum + block.features.length, 0));
  const targets = new Float32Array(blocks.reduce((sum, block) => sum + block.targets.length, 0));
  let atFeature = 0;
  let atTarget = 0;
  for (const block of blocks) {
    features.set(block.features, atFeature);
    targets.set(block.targets, atTarget);
    atFeature += block.features.length;
    atTarget += block.targets.length;
  }
  return { features, targets, count: blocks.reduce((sum, block) => sum + block.count, 0) };
}

/** What an fl-dataset with these settings would send: one block for each client, or for "test". */
async function samplesOf(settings: FlowNode, spec: ModelSpec): Promise<Map<string, SampleBlock>> {
  const options = datasetOptions({ ...asSettings(settings), classes: spec.labels });
  const required = requiredColumns(options.spec);
  const stream = await openDataFile(options.file, { base: shipped, allowed: [shipped] });
  const blocks = new Map<string, SampleBlock[]>();
  for await (const { client, split, block } of readBatches(
    readCsv(stream, { required, keep: required }),
    options.spec,
  )) {
    const owner = client ?? split;
    blocks.set(owner, [...(blocks.get(owner) ?? []), block]);
  }
  return new Map([...blocks].map(([owner, parts]) => [owner, joined(parts)]));
}

/** The mean over the plants. */
export async function trainAlone(flow: readonly FlowNode[]): Promise<Figures> {
  const nodes = factoryNodes(flow);
  const spec = specOf(asSettings(nodes.model));
  const { rounds = 0, training } = aggregatorOptions(asSettings(nodes.aggregator), spec.labels);
  if (!training) throw new Error('The aggregator of the example has no training options.');
  const plants = await samplesOf(nodes.training, spec);
  const test = (await samplesOf(nodes.test, spec)).get('test');
  if (!test || plants.size === 0) throw new Error('The example gives no samples.');
  const positive = (spec.labels ?? []).indexOf(String(nodes.evaluator.positive));
  const pool = createPool();
  try {
    const figures = await Promise.all(
      [...plants.values()].map(async (samples) => {
        const normalisation = poolStatistics([statisticsOf(samples, inputSize(spec))], inputSize(spec));
        const options = { ...training, epochs: training.epochs * rounds };
        const { weights } = await pool.train({ spec, weights: initialWeights(spec), samples, normalisation, options });
        const { features, count, targets } = test;
        const { outputs } = await pool.predict({ spec, weights, features, count, normalisation });
        return evaluateClasses(targets, outputs, spec.labels ?? [], positive);
      }),
    );
    const mean = (key: keyof Figures): number => {
      let sum = 0;
      for (const each of figures) {
        const value = each[key];
        if (value === null || value === undefined) throw new Error(`${key} is not defined for these rows.`);
        sum += value;
      }
      return sum / figures.length;
    };
    return { f1: mean('f1'), averagePrecision: mean('averagePrecision') };
  } finally {
    await pool.close();
  }
}
