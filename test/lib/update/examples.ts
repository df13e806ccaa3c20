/** One valid message of each kind, made anew at each call. */
import type { Message, TensorSizes } from '../../../lib/update/message';

export const fingerprint = '0123456789abcdef'.repeat(4);
export const tensors: TensorSizes = [
  [12, 4],
  [4, 4],
];

const floats = (count: number): Buffer => {
  const bytes = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i++) bytes.writeFloatLE(Math.sin(i + 1), 4 * i);
  return bytes;
};

const doubles = (values: number[]): Buffer => {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeDoubleLE(value, 8 * i);
  return bytes;
};

export function examples(): Message[] {
  const base = { federation: 'factory', model: fingerprint, round: 3 };
  const attempt = 'k3x9.2';
  const none = Buffer.alloc(0);
  return [
    { fl: { kind: 'invite', ...base, cohort: ['plant-3'] }, payload: none },
    {
      fl: {
        kind: 'join',
        ...base,
        client: 'plant-1',
        samples: 420,
        facts: { battery: 71.5, charging: false, link: 'lora', bytesPerSecond: 600, willing: true },
        notes: { volts: 3.7, site: 'Ulm' },
      },
      payload: none,
    },
    {
      fl: { kind: 'statistics-request', ...base, attempt, cohort: ['plant-1', 'plant-2'], deadlineMs: 5000 },
      payload: none,
    },
    { fl: { kind: 'statistics', ...base, attempt, client: 'plant-1' }, payload: doubles([2, 3, -1, 5, 0.5]) },
    {
      fl: { kind: 'statistics-request', ...base, attempt, cohort: 'all', deadlineMs: 5000, sums: false, labels: 2 },
      payload: none,
    },
    { fl: { kind: 'statistics', ...base, attempt, client: 'plant-1', labels: 2 }, payload: doubles([7, 3, 4]) },
    {
      fl: {
        kind: 'model',
        ...base,
        attempt,
        cohort: ['plant-1', 'plant-2'],
        deadlineMs: 60_000,
        quorum: 2,
        maxStaleness: 3,
        sending: { name: 'norm', threshold: 0.01, patience: 5 },
        turn: 1,
        training: {
          epochs: 2,
          batchSize: 16,
          optimizer: 'adam',
          learningRate: 0.01,
          l2: 1e-4,
          seed: 7,
          proximal: 0.1,
          focalGamma: 2,
          lipschitz: 0.01,
          adversarial: { method: 'pgd', epsilon: 0.1, steps: 5, stepSize: 0.05, share: 0.5 },
        },
        group: 1,
        local: { name: 'scaffold', option: 2 },
        secure: { threshold: 0.6, neighbours: 4, clip: 0.5, range: 4194304, maxSamples: 1000, signed: true },
        settled: [2, 0],
        startLoss: true,
        normalisation: { mean: [1, 2], std: [0.5, 3] },
        threshold: { quantile: 0.995, value: 0.25, samples: 420, round: 2 },
        central: {
          clippingNorm: 0.75,
          tree: { begun: 2, levels: 5, clippingNorm: 1, noiseMultiplier: 2 },
        },
        tensors: tensors.map(([size, channels]) => [size, channels]),
        codecs: [],
      },
      payload: floats(16),
    },
    {
      fl: {
        kind: 'update',
        ...base,
        attempt,
        client: 'plant-1',
        samples: 420,
        errors: [3, 700, 400, 12, 17],
        codecs: [],
        tensors: tensors.map(([size, channels]) => [size, channels]),
        group: 1,
        expected: 2,
        deadlineMs: 60_000,
        settled: 2,
        anew: true,
        remembers: true,
        metrics: { loss: 0.25, firstLoss: 0.5, steps: 54, durationMs: 12.5 },
        central: { clippingNorm: 0.75 },
        privacy: {
          mode: 'central',
          clippingNorm: 0.75,
          noiseMultiplier: 1.1,
          delta: 1e-5,
          epsilon: 3.5,
          adaptive: { firstNorm: 1, quantile: 0.5, rate: 0.2, step: 'geometric', countNoise: 2 },
          within: true,
        },
        score: { method: 'krum', value: 0.01, rank: 1 },
      },
      payload: floats(16),
    },
    {
      fl: { kind: 'decline', ...base, attempt, client: 'plant-1', reason: 'Not worth sending.', withheld: 420 },
      payload: none,
    },
    { fl: { kind: 'secure', ...base, attempt, step: 'keys', client: 'plant-1' }, payload: floats(16) },
    {
      fl: { kind: 'secure', ...base, attempt, step: 'shares', cohort: ['plant-1'], members: ['plant-2', 'plant-3'] },
      payload: floats(40),
    },
    { fl: { kind: 'secure', ...base, attempt, step: 'unmask', cohort: ['plant-1', 'plant-3'] }, payload: none },
    {
      fl: { kind: 'samples', count: 2, width: 3, targets: 1, classes: ['ok', 'failing'], split: 'train', last: true },
      payload: floats(8),
    },
  ];
}

export const example = <K extends Message['fl']['kind']>(kind: K): Message<Extract<Message['fl'], { kind: K }>> =>
  examples().find((message) => message.fl.kind === kind) as Message<Extract<Message['fl'], { kind: K }>>;
