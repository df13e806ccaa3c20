/** How predictions are learned from: every choice of a person, with its default, checked before anything starts. */
import { RefusedError } from '../refused';

export const updateCounts = ['alike', 'samples'] as const;

export interface TeachOptions {
  /** T: both sides' logits are divided by it. */
  temperature: number;
  /** What the teacher has of the loss, 0 to 1; the rest is the labels'. */
  share: number;
}

export interface DistillOptions {
  temperature: number;
  /** Passes over the public rows in each round, to learn what the federation says of them. */
  digestEpochs: number;
  /** Passes over the labelled public rows with which a network begins; 0: none, and the rows need no labels. */
  pretrainEpochs: number;
  /** How a client's predictions count in the mean: each alike (FedMD), or by its own samples. */
  counts: (typeof updateCounts)[number];
}

const bad = (message: string): never => {
  throw new RefusedError('bad-setting', message);
};

const temperatureOf = (value: number): number =>
  value >= 1 && value <= 1000 ? value : bad(`Set temperature to a number from 1 to 1000: ${String(value)} is not.`);

/** Throws RefusedError 'bad-setting' with one sentence that says what to mend. */
export function teachOptions({ temperature = 4, share = 0.9 }: Partial<TeachOptions>): TeachOptions {
  if (!(share >= 0 && share <= 1)) bad(`Set share to a number from 0 to 1: ${String(share)} is not.`);
  return { temperature: temperatureOf(temperature), share };
}

/** Throws RefusedError 'bad-setting'. */
export function distillOptions(wish: Partial<DistillOptions>): DistillOptions {
  const { temperature = 1, digestEpochs = 5, pretrainEpochs = 0, counts = 'alike' } = wish;
  if (!Number.isInteger(digestEpochs) || digestEpochs < 1 || digestEpochs > 10_000) {
    bad(`Set digestEpochs to a whole number from 1 to 10000: ${String(digestEpochs)} is not.`);
  }
  if (!Number.isInteger(pretrainEpochs) || pretrainEpochs < 0 || pretrainEpochs > 10_000) {
    bad(`Set pretrainEpochs to a whole number from 0 to 10000: ${String(pretrainEpochs)} is not.`);
  }
  return {
    temperature: temperatureOf(temperature),
    digestEpochs,
    pretrainEpochs,
    counts: updateCounts.find((name) => name === counts) ?? bad(`Set counts to one of ${updateCounts.join(', ')}.`),
  };
}
