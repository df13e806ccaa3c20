// The data sets of the tables: which rows, who has them, and what is trained. `clients` and the rest may be overridden by a table.
import { examples } from '../lib/example-settings.mjs';

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
const plain = (columns) => columns.map((column) => ({ column, kind: 'value' }));

export const dataSets = {
  /** 1,797 written digits of 8 x 8 pixels, a fifth held out; no natural clients. */
  digits: {
    title: 'Written digits',
    labels: digits,
    inputs: 64,
    train: {
      file: 'digits.csv',
      spec: {
        window: {
          features: plain(Array.from({ length: 64 }, (_, i) => `p${i}`)),
          label: { kind: 'class', column: 'digit', classes: digits },
        },
        holdOut: { kind: 'fraction', fraction: 0.2, by: 'sample', seed: 1 },
        clients: { kind: 'iid', clients: 15, seed: 1 },
      },
    },
    hidden: [32],
    rounds: 20,
    training: { epochs: 2, batchSize: 16, optimizer: 'sgd', learningRate: 0.05 },
  },
  /** 1,200 spoken digits as cepstra, six speakers; five takes of each held out. */
  spoken: {
    title: 'Spoken digits',
    labels: digits,
    inputs: 160,
    train: {
      file: 'spoken-digits.csv',
      spec: {
        window: {
          features: plain(Array.from({ length: 160 }, (_, i) => `f${Math.floor(i / 10)}_c${i % 10}`)),
          label: { kind: 'class', column: 'digit', classes: digits },
        },
        holdOut: { kind: 'condition', condition: { column: 'take', operator: '<', value: 5 } },
        clients: { kind: 'column', column: 'speaker' },
      },
    },
    hidden: [32],
    rounds: 20,
    training: { epochs: 2, batchSize: 16, optimizer: 'sgd', learningRate: 0.05 },
  },
  /** Does a turbofan engine fail within 30 cycles? Ten plants; measured on 100 other engines. */
  factory: { title: 'Turbofan engines', ...examples.factory },
};
