/** What an fl-aggregator asks of its clients so that the model holds when its samples are moved. */
import type { TrainingOptions } from '../../lib/training/engine';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';

export function robustTraining(settings: Settings): Pick<TrainingOptions, 'adversarial' | 'lipschitz'> {
  const lipschitz = number(settings, 'lipschitz', 0, { min: 0, max: 1000 });
  const method = choice(settings, 'adversarial', ['none', 'fgsm', 'pgd'] as const, 'none');
  const bound = lipschitz > 0 ? { lipschitz } : {};
  if (method === 'none') return bound;
  const epsilon = number(settings, 'adversarialEpsilon', 0.1, { min: Number.MIN_VALUE, max: 1000 });
  const share = number(settings, 'adversarialShare', 50, { min: 0, max: 100 }) / 100;
  // A board takes as many steps.
  const steps = number(settings, 'adversarialSteps', 5, { min: 1, max: 100, integer: true });
  return { ...bound, adversarial: { method, epsilon, share, ...(method === 'pgd' ? { steps } : {}) } };
}
