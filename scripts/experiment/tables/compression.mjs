// What fewer bits for each number of an update cost in accuracy: the methods of fl-quantize below 16 bits, with and without error feedback.

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
const topK = (share, feedback) => ({
  codec: 'sparsify',
  method: 'top-k',
  share,
  ...(feedback ? { feedback: residual } : {}),
});

export const table = {
  title: 'Fewer bits for each number',
  about: `
Twenty clients hold the rows as Dirichlet(0.5) deals them out; 40 rounds. Network of one hidden layer of 32, SGD in batches of 16 at the rate 0.1, two local epochs.
Rows: how each update is made smaller behind its client, by fl-quantize or by sending only its greatest numbers (fl-sparsify). Columns: all twenty clients are asked in each round, or four of them by chance, so that the errors of one round have fewer others to average out with.`,
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
    quantised('QSGD', 'QSGD, 1 level in 128, more as the loss falls', {
      method: 'qsgd',
      levels: 1,
      bucket: 128,
      levelsBy: 'loss',
    }),
    quantised('signs', 'signs, no feedback', { method: 'sign' }),
    quantised('error feedback', 'grid, 2 bits, error feedback', { bits: 2, feedback: residual }),
    quantised('error feedback', 'EDEN, 2 bits, error feedback', { method: 'eden', bits: 2, feedback: residual }),
    quantised('error feedback', 'DRIVE, error feedback', { method: 'drive', feedback: residual }),
    quantised('error feedback', 'signs, error feedback', { method: 'sign', feedback: residual }),
    row('top-k', 'the greatest 10 %', topK(0.1)),
    row('top-k', 'the greatest 1 %', topK(0.01)),
    row('top-k, error feedback', 'the greatest 10 %, error feedback', topK(0.1, true)),
    row('top-k, error feedback', 'the greatest 1 %, error feedback', topK(0.01, true)),
    row('the same in 4 bits', 'the greatest 10 %, error feedback, in 4 bits', topK(0.1, true), {
      codec: 'quantize',
      bits: 4,
    }),
    row('the same in 4 bits', 'the greatest 1 %, error feedback, in 4 bits', topK(0.01, true), {
      codec: 'quantize',
      bits: 4,
    }),
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
    low: 80,
  },
  remarks,
  /** Accuracy to be reached: by the mean curve of the seeds. */
  goal: 0.9,
  findings: [
    '*bits a number*: bytes of the updates over those of float32, norms and scales counted. Rounds to 90 %: of the mean curve of the seeds, all asked.',
    '',
    '- **One bit a number is enough, if it is the right one.** DRIVE sends a thirtieth of the bytes, needs as many rounds as float32, and is within 0.4 points of it everywhere; EDEN with 2 to 4 bits is within 0.6. So is any method here that is right',
    '  on average and whose error does not go far beyond the length of the update.',
    '- **The same bits in the wrong way cost points.** A grid of 2 bits that rounds to nearest makes most numbers 0 and loses 2.3 to 4.1 points and needs two to three and a half times the rounds; by chance it loses 0.3 at most. One bit of a grid by chance costs up to 4.7 points where four',
    '  clients are asked: its errors are longer than the update and have few others to average out with. Signs without feedback lose 0.7 to 2.1 and take twice the rounds.',
    '- **Error feedback mends what is wrong by rule**: the grid of 2 bits, signs, the greatest numbers come back to within 0.5 points where all are asked (the greatest 1 %: 0.4 to 1.1). With four of twenty asked what is left out waits five rounds for',
    '  its client, and signs and the greatest 1 % gain less: there a method that is right on average is better. DRIVE and EDEN gain nothing by it that the spread would show.',
    '- **Fewest bytes**: the greatest 1 % with error feedback, in 4 bits, is 160 to 200 times smaller than float32, for 0.4 to 0.9 points and twice the rounds; until 90 % that is 20 to 40 KB of all twenty clients in place of 1.5 to 3.5 MB.',
    '- Quantising what is sparse already costs nothing: 4 bits for the numbers that are left change no row by more than 0.3 points, and take half to three quarters of its bytes away.',
    '- **Levels that rise as the loss falls** (AdaQuantFL) take as many bits over all rounds as 4 levels do, but late: until 90 % two thirds of their bytes. One level throughout takes fewer still, and ends where these end.',
    '- TernGrad without cutting is within the spread of TernGrad with it: forty rounds average its larger error out.',
    '',
  ],
};
