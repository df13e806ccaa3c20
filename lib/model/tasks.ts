import type { ModelSpec } from './spec';

/** Its outputs are probabilities of labels: the loss is taken of logits, and the last activation makes the probabilities. */
export const givesProbabilities = ({ task }: Pick<ModelSpec, 'task'>): boolean =>
  task === 'classify' || task === 'multi-label';
