// What the main examples learn and how: the one place that their drawings, the figures in datasets/README.md and
// scripts/measure-examples.mjs agree with.

import { voice as spoken } from './voice-settings.mjs';

const sensors = ['s2', 's3', 's4', 's7', 's8', 's9', 's11', 's12', 's13', 's14', 's15', 's17', 's20', 's21'];
const factoryFeatures = [
  ...sensors.map((column) => ({ column, kind: 'mean', window: 5 })),
  ...sensors.map((column) => ({ column, kind: 'change', window: 20, smooth: 5 })),
];
const engineStates = ['healthy', 'failing'];

/** Does an engine fail within 30 cycles? Ten plants, five engines each; measured on 100 other engines. */
const factory = {
  labels: engineStates,
  inputs: 28,
  train: {
    file: 'factory-train.csv',
    spec: {
      window: {
        features: factoryFeatures,
        groupColumn: 'unit',
        incomplete: 'shorten',
        label: { kind: 'end', rows: 30, classes: engineStates },
      },
      holdOut: { kind: 'none' },
      clients: { kind: 'column', column: 'plant' },
    },
  },
  test: {
    file: 'factory-test.csv',
    spec: {
      window: {
        features: factoryFeatures,
        groupColumn: 'unit',
        incomplete: 'shorten',
        label: {
          kind: 'threshold',
          condition: { column: 'remaining_cycles', operator: '<=', value: 30 },
          classes: engineStates,
        },
      },
      holdOut: { kind: 'all' },
      clients: { kind: 'single' },
    },
  },
  hidden: [20],
  rounds: 20,
  training: { epochs: 5, batchSize: 16, optimizer: 'sgd', learningRate: 0.1, l2: 0.002 },
  quantize: { bits: 8 },
};

const nights = ['no frost', 'frost'];
const frostWindow = {
  features: [
    { column: 'TEMP', kind: 'raw', window: 6 },
    { column: 'DEWP', kind: 'value' },
    { column: 'DEWP', kind: 'change', window: 5 },
    { column: 'PRES', kind: 'change', window: 5 },
    { column: 'WSPM', kind: 'mean', window: 6 },
    { column: 'RAIN', kind: 'mean', window: 6 },
    { column: 'hour', kind: 'value' },
  ],
  groupColumn: 'station',
  timeColumn: 'time',
  missing: { policy: 'previous' },
  where: [{ column: 'hour', operator: 'in', value: [18, 20, 22] }],
  label: { kind: 'within', condition: { column: 'TEMP', operator: '<', value: 0 }, rows: 12, classes: nights },
};

/** Asked in the evening: is it below 0 °C in any of the next 12 hours? Twelve stations; measured on the next winter. */
const frost = {
  labels: nights,
  inputs: 12,
  train: {
    file: 'frost-train.csv',
    spec: { window: frostWindow, holdOut: { kind: 'none' }, clients: { kind: 'column', column: 'station' } },
  },
  test: {
    file: 'frost-test.csv',
    spec: { window: frostWindow, holdOut: { kind: 'all' }, clients: { kind: 'single' } },
  },
  hidden: [20],
  rounds: 20,
  training: { epochs: 1, batchSize: 16, optimizer: 'sgd', learningRate: 0.05, l2: 0.001 },
  /** Updates travel as float32. */
  quantize: undefined,
};

const machineStates = ['off', 'smooth', 'unbalanced', 'worn bearing'];
const channels = ['ax', 'ay', 'az', 'gx', 'gy', 'gz'];

/** What state is this machine in? Four boards feel four machines, as the function node of the drawing makes it up. */
const boards = {
  labels: machineStates,
  inputs: 24,
  drawn: {
    drawing: '03 - Boards - gesture or vibration learned on the board.json',
    /** The name of the function node; its first output has the held-out rows, those behind it are the clients. */
    node: 'Four machines',
    clients: ['pump', 'fan', 'press', 'yours'],
    channels,
    /** Readings of a window. */
    window: 100,
    /** Of each channel; the board calls the first one "deviation". */
    kinds: ['std', 'crossings', 'roughness', 'range'],
  },
  hidden: [16],
  rounds: 20,
  training: { epochs: 5, batchSize: 16, optimizer: 'sgd', learningRate: 0.1, l2: 0.001 },
  quantize: { bits: 8 },
};

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

/** Which digit was spoken? Three speakers teach a head behind a backbone that has never heard them. */
const voice = {
  labels: digits,
  inputs: 64,
  backbone: spoken.backboneFile,
  train: {
    file: spoken.rowsFile,
    spec: {
      window: {
        features: spoken.columns.map((column) => ({ column, kind: 'value' })),
        label: { kind: 'class', column: 'digit', classes: digits },
      },
      holdOut: { kind: 'condition', condition: { column: 'take', operator: '<', value: spoken.testTakes } },
      clients: { kind: 'column', column: 'speaker' },
    },
  },
  hidden: [],
  rounds: 20,
  training: { epochs: 5, batchSize: 16, optimizer: 'sgd', learningRate: 0.05, l2: 0.001 },
  quantize: { bits: 8 },
};

const takes = (operator, value) => ({ column: 'take', operator, value });
const takesOf = (...where) => ({
  file: 'spoken-digits.csv',
  spec: {
    window: {
      features: spoken.columns.map((column) => ({ column, kind: 'value' })),
      label: { kind: 'class', column: 'digit', classes: digits },
      where,
    },
    holdOut: { kind: 'none' },
    clients: { kind: 'column', column: 'speaker' },
  },
});

/** Which digit was said to this machine? Six machines, each with a voice of its own, learn from five takes of each digit. */
const machines = {
  labels: digits,
  inputs: 160,
  train: takesOf(takes('>=', 5), takes('<', 10)),
  /** For each client what of its own kind is held out. */
  own: takesOf(takes('<', 5)),
  hidden: [32],
  rounds: 20,
  training: { epochs: 2, batchSize: 16, optimizer: 'sgd', learningRate: 0.05 },
  quantize: undefined,
  personal: { method: 'ditto', lambda: 0.1, personalEpochs: 2 },
};

export const examples = { factory, frost, boards, voice, machines };
