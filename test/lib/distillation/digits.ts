/** Written digits for federations of predictions: public rows without labels, rows of clients that are unlike, and rows to measure on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitBlock } from '../../../lib/data';
import { type FederatedModel, federatedModel } from '../../../lib/federation';
import { type LayerSpec, parseSpec } from '../../../lib/model';
import { generator, shuffle } from '../../../lib/random/generator';
import type { SampleBlock } from '../../../lib/training/engine';

export const WIDTH = 64;
export const labels = Array.from({ length: 10 }, (_, digit) => String(digit));

export interface Digits {
  /** Their labels are not in it. */
  publicRows: SampleBlock;
  clients: Map<string, SampleBlock>;
  test: SampleBlock;
}

function blockOf(rows: number[][], labelled = true): SampleBlock {
  return {
    features: Float32Array.from(rows.flatMap((row) => row.slice(0, WIDTH))),
    targets: Float32Array.from(labelled ? rows.map((row) => row[WIDTH]) : []),
    count: rows.length,
  };
}

/** Of the 1,797 rows `publicCount` are public, 500 to measure on, and the rest are shared out by Dirichlet(alpha). */
export function digits(wish: { clients: number; alpha: number; seed: number; publicCount?: number }): Digits {
  const { clients, alpha, seed, publicCount = 300 } = wish;
  const file = readFileSync(join(__dirname, '../../../../datasets/digits.csv'), 'utf8');
  const [head, ...lines] = file.trim().split(/\r?\n/);
  const columns = head.split(',');
  const wanted = [...Array.from({ length: WIDTH }, (_, i) => `p${i}`), 'digit'].map((name) => columns.indexOf(name));
  const read = lines.map((line) => {
    const cells = line.split(',').map(Number);
    return wanted.map((column) => cells[column]);
  });
  const rows = shuffle(read, generator(seed, 'digits'));
  const own = blockOf(rows.slice(publicCount + 500));
  return {
    publicRows: blockOf(rows.slice(0, publicCount), false),
    test: blockOf(rows.slice(publicCount, publicCount + 500)),
    clients: splitBlock(own, WIDTH, 1, { kind: 'dirichlet', clients, alpha, seed, least: 20 }),
  };
}

const network = (input: number[], hidden: LayerSpec[], seed: number): FederatedModel =>
  federatedModel(
    parseSpec({
      task: 'classify',
      input,
      layers: [...hidden, { type: 'dense', units: labels.length, activation: 'softmax' }],
      labels,
      seed,
    }),
  );

/** A convolution, and dense networks of three sizes: from 650 to 17,226 parameters. */
export const networks: Record<string, FederatedModel> = {
  linear: network([64], [], 1),
  narrow: network([64], [{ type: 'dense', units: 16, activation: 'relu' }], 2),
  convolution: network(
    [8, 8, 1],
    [
      { type: 'conv2d', filters: 8, kernelSize: [3, 3], activation: 'relu' },
      { type: 'max_pool2d', poolSize: [2, 2] },
      { type: 'flatten' },
      { type: 'dense', units: 24, activation: 'relu' },
    ],
    3,
  ),
  deep: network(
    [64],
    [
      { type: 'dense', units: 128, activation: 'relu' },
      { type: 'dense', units: 64, activation: 'tanh' },
    ],
    4,
  ),
};
