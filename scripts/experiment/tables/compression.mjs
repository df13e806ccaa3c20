// What fewer bits for each number of an update cost in accuracy: every method of fl-quantize, with and without error feedback.

import { remarks } from '../remarks/compression.mjs';
import { percent } from '../table.mjs';

const residual = { name: 'residual' };
const row = (family, name, ...compress) => ({ family, name, settings: { compress } });
const quantised = (family, name, options) => row(family, name, { codec: 'quantize', ...options });
const grid = (bits, rounding = 'nearest') =>
  quantised(`grid, ${rounding}`, `grid, ${bits} bits, ${rounding}`.replace('1 bits', '1 bit'), {
    bits,
    rounding,
    ...(bits === 1 ? { grid: 'affine' } : {}),
  });
const eden = (bits) => quantised('EDEN', `EDEN, ${bits} bits`, { method: 'eden', bits });
const qsgd = (levels, bucket) =>
  quantised('QSGD', `QSGD, ${levels === 1 ? '1 level' : `${levels} levels`} in ${bucket}`, {
    method: 'qsgd',
    levels,
    bucket,
  });

export const table = {
  title: 'Fewer bits for each number',
  about: `
Twenty clients hold the rows as Dirichlet(0.5) deals them out; all are asked in each of 40 rounds. Network of one hidden layer of 32, SGD in batches of 16 at the rate 0.1, two local epochs.
Rows: how each update is made smaller behind its client, by fl-quantize. Columns: all twenty clients are asked in each round, or four of them by chance, so that the errors of one round have fewer others to average out with.`,
  data: [{ name: 'digits' }, { name: 'spoken' }],
  settings: {
    clients: { kind: 'dirichlet', clients: 20, alpha: 0.5, seed: 1 },
    rounds: 40,
    training: { epochs: 2, learningRate: 0.1 },
    traffic: true,
  },
  rows: [
    { family: 'float32', name: 'float32', settings: {} },
    ...[8, 4, 3, 2].map((bits) => grid(bits)),
    ...[4, 3, 2, 1].map((bits) => grid(bits, 'stochastic')),
    // With one bit it is DRIVE.
    ...[4, 3, 2].map(eden),
    quantised('DRIVE', 'DRIVE', { method: 'drive' }),
    quantised('DRIVE', 'DRIVE without rotation', { method: 'drive', rotation: 'none' }),
    quantised('TernGrad', 'TernGrad', { method: 'terngrad' }),
    quantised('TernGrad', 'TernGrad, nothing cut', { method: 'terngrad', clipping: 0 }),
    qsgd(16, 128),
    qsgd(4, 128),
    qsgd(1, 128),
    quantised('signs', 'signs, no feedback', { method: 'sign' }),
    quantised('error feedback', 'grid, 2 bits, error feedback', { bits: 2, feedback: residual }),
    quantised('error feedback', 'EDEN, 2 bits, error feedback', { method: 'eden', bits: 2, feedback: residual }),
    quantised('error feedback', 'DRIVE, error feedback', { method: 'drive', feedback: residual }),
    quantised('error feedback', 'signs, error feedback', { method: 'sign', feedback: residual }),
  ],
  columns: [
    { name: 'all 20', settings: { federation: { quorum: 20 } } },
    {
      name: '4 of 20',
      settings: { federation: { quorum: 4, sampler: { name: 'random', count: 4 } } },
    },
  ],
  figures: [percent('accuracy', 'accuracy')],
  plot: {
    kind: 'lines',
    figure: 'accuracy',
    along: { key: 'bytesUp', scale: 1e-6 },
    column: 0,
    xTitle: 'MB up, all clients together',
    low: 70,
  },
  remarks,
  /** Accuracy to be reached: by the mean curve of the seeds. */
  goal: 0.9,
  findings: [''],
};
