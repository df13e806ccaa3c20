/**
 * Training of a 10-13-4 network (ReLU, softmax) by the definitions, in float64 and plain loops: the order of the samples
 * from lib/random, the optimisers from their papers.
 */
import { generator } from '../../lib/random/generator';
import type { AdversarialOptions, TrainJob } from '../../lib/training/engine';

const [INPUTS, HIDDEN, CLASSES] = [10, 13, 4];

/**
 * Gradient of one sample, times `share`, added to g and, by the inputs, to gx; returns its loss: -(1 - p)^gamma log p. Layout:
 * kernel [in, out], bias, kernel, bias.
 */
function sample(
  w: number[],
  x: number[],
  label: number,
  share: number,
  g: number[],
  gx: number[] = [],
  gamma = 0,
): number {
  const [b1, k2, b2] = [INPUTS * HIDDEN, (INPUTS + 1) * HIDDEN, (INPUTS + 1) * HIDDEN + HIDDEN * CLASSES];
  const hidden = Array.from({ length: HIDDEN }, (_, h) =>
    Math.max(
      0,
      x.reduce((sum, xi, i) => sum + xi * w[i * HIDDEN + h], w[b1 + h]),
    ),
  );
  const z = Array.from({ length: CLASSES }, (_, c) =>
    hidden.reduce((sum, xh, h) => sum + xh * w[k2 + h * CLASSES + c], w[b2 + c]),
  );
  const sum = z.reduce((all, one) => all + Math.exp(one), 0);
  const p = Math.exp(z[label]) / sum;
  const power = (1 - p) ** gamma;
  // By p: gamma (1 - p)^(gamma - 1) log p - (1 - p)^gamma / p; p by z of class c: p ([c = label] - p of c).
  const slope = (gamma > 0 ? gamma * (1 - p) ** (gamma - 1) * Math.log(p) : 0) - power / p;
  const delta = z.map((one, c) => slope * p * ((c === label ? 1 : 0) - Math.exp(one) / sum) * share);
  for (let c = 0; c < CLASSES; c++) {
    g[b2 + c] += delta[c];
    for (let h = 0; h < HIDDEN; h++) g[k2 + h * CLASSES + c] += hidden[h] * delta[c];
  }
  for (let h = 0; h < HIDDEN; h++) {
    if (hidden[h] <= 0) continue;
    const back = delta.reduce((all, d, c) => all + d * w[k2 + h * CLASSES + c], 0);
    g[b1 + h] += back;
    for (let i = 0; i < INPUTS; i++) g[i * HIDDEN + h] += x[i] * back;
    for (let i = 0; i < INPUTS; i++) gx[i] = (gx[i] ?? 0) + w[i * HIDDEN + h] * back;
  }
  return power * (Math.log(sum) - z[label]);
}

/** One row moved: by epsilon along the signs, or by steps from a random place, each back into the box. */
function moved(
  w: number[],
  x: number[],
  label: number,
  evasion: AdversarialOptions,
  start: () => number,
  gamma: number,
): number[] {
  const { method, epsilon, steps = 5, stepSize = (2.5 * epsilon) / steps } = evasion;
  const signs = (at: number[]): number[] => {
    const slope: number[] = at.map(() => 0);
    sample(w, at, label, 1, [], slope, gamma);
    return slope.map(Math.sign);
  };
  if (method === 'fgsm') return signs(x).map((sign, i) => x[i] + epsilon * sign);
  let at = x.map((one) => one + epsilon * start());
  for (let step = 0; step < steps; step++) {
    const direction = signs(at);
    at = at.map((one, i) => Math.min(Math.max(one + stepSize * direction[i], x[i] - epsilon), x[i] + epsilon));
  }
  return at;
}

/** 2 beta W (W^T W - I) of a kernel of rows by columns, by the larger of the two products. */
function orthogonality(w: number[], from: number, rows: number, columns: number, beta: number, g: number[]): void {
  const at = (r: number, c: number): number => w[from + r * columns + c];
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  for (const r of range(rows)) {
    const gram = range(rows).map((s) => range(columns).reduce((sum, c) => sum + at(r, c) * at(s, c), r === s ? -1 : 0));
    for (const c of range(columns))
      g[from + r * columns + c] += 2 * beta * gram.reduce((sum, one, s) => sum + one * at(s, c), 0);
  }
}

function rule({ options }: TrainJob): (g: number, i: number, t: number) => number {
  const rate = options.learningRate;
  const m: number[] = [];
  const v: number[] = [];
  if (options.optimizer === 'sgd') return (g) => rate * g;
  if (options.optimizer === 'momentum') {
    return (g, i) => {
      m[i] = (options.momentum ?? 0.9) * (m[i] ?? 0) + g;
      return rate * m[i];
    };
  }
  return (g, i, t) => {
    m[i] = 0.9 * (m[i] ?? 0) + 0.1 * g;
    v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
    return (rate * (m[i] / (1 - 0.9 ** t))) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-7);
  };
}

const rowsOf = ({ samples, normalisation }: TrainJob): number[][] =>
  Array.from({ length: samples.count }, (_, r) =>
    Array.from(samples.features.subarray(r * INPUTS, (r + 1) * INPUTS), (x, i) =>
      normalisation ? (x - normalisation.mean[i]) / normalisation.std[i] : x,
    ),
  );

/** Mean loss and gradient of all samples at the weights of the job. */
export function referenceStart(job: TrainJob): { loss: number; gradient: number[] } {
  const gradient = Array.from(job.weights, () => 0);
  const w = Array.from(job.weights);
  const { count, targets } = job.samples;
  const loss = rowsOf(job).reduce((sum, x, r) => {
    const weight = job.options.classWeights?.[targets[r]] ?? 1;
    const gamma = job.options.focalGamma;
    return sum + (weight * sample(w, x, targets[r], weight / count, gradient, [], gamma)) / count;
  }, 0);
  return { loss, gradient };
}

export function referenceTraining(job: TrainJob): {
  weights: number[];
  loss: number;
  firstLoss: number;
  steps: number;
} {
  const { samples, options } = job;
  const { adversarial, focalGamma: gamma = 0 } = options;
  const starts = generator(options.seed, 'adversary');
  const start = (): number => ((starts.uint32() >>> 8) - 2 ** 23) / 2 ** 23;
  const rows = rowsOf(job);
  const w = Array.from(job.weights);
  const random = generator(options.seed, 'shuffle');
  const order = rows.map((_, i) => i);
  const change = rule(job);
  const kernel = (i: number): boolean =>
    i < INPUTS * HIDDEN || (i >= (INPUTS + 1) * HIDDEN && i < (INPUTS + 1) * HIDDEN + HIDDEN * CLASSES);
  /** First kernel, first bias, second kernel, second bias. */
  const tensorOf = (i: number): number => (i >= (INPUTS + 1) * HIDDEN ? 2 : 0) + (kernel(i) ? 0 : 1);
  const epochLosses: number[] = [];
  const size = options.fullBatch ? rows.length : options.batchSize;
  let steps = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (let i = order.length - 1; i > 0 && !options.fullBatch; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    let sum = 0;
    let seen = 0;
    for (let at = 0; at < order.length && steps < (options.maxSteps ?? Number.POSITIVE_INFINITY); at += size) {
      const batch = order.slice(at, at + size);
      let g: number[] = w.map(() => 0);
      for (const row of batch) {
        const label = samples.targets[row];
        const weight = options.classWeights?.[label] ?? 1;
        const share = adversarial ? (adversarial.share ?? 0.5) : 0;
        const part = (of: number, x: number[]): number =>
          of * weight * sample(w, x, label, (of * weight) / batch.length, g, [], gamma);
        const x = adversarial ? moved(w, rows[row], label, adversarial, start, gamma) : [];
        sum += part(1 - share, rows[row]) + (adversarial ? part(share, x) : 0);
      }
      seen += batch.length;
      g = g.map((one, i) => one + (kernel(i) ? (options.l2 ?? 0) * w[i] : 0));
      if (options.lipschitz) {
        orthogonality(w, 0, INPUTS, HIDDEN, options.lipschitz, g);
        orthogonality(w, (INPUTS + 1) * HIDDEN, HIDDEN, CLASSES, options.lipschitz, g);
      }
      g = g.map((one, i) => one + (options.proximal ?? 0) * (w[i] - (job.anchor ?? job.weights)[i]));
      g = g.map((one, i) => one + (job.control?.[i] ?? 0));
      const { trainable = [true, true, true, true] } = job;
      g = g.map((one, i) => (trainable[tensorOf(i)] ? one : 0));
      const norm = Math.hypot(...g);
      if (options.clipNorm && norm > options.clipNorm) g = g.map((one) => (one * (options.clipNorm ?? 1)) / norm);
      steps++;
      for (let i = 0; i < w.length; i++) w[i] -= change(g[i], i, steps);
    }
    if (seen > 0) epochLosses.push(sum / seen);
  }
  return { weights: w, loss: epochLosses[epochLosses.length - 1], firstLoss: epochLosses[0], steps };
}
