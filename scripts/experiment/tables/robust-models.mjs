// What training makes of a model that holds when its samples are moved: float32 against int8.

import { remarks } from '../remarks/robust-models.mjs';
import { percent } from '../table.mjs';

const strengths = [0.1, 0.2, 0.4];
const trained = (name, training) => ({ name, settings: { training } });
const fgsm = { method: 'fgsm', epsilon: 0.2 };
const pgd = { method: 'pgd', epsilon: 0.2, steps: 5 };
const under = (way, attack, i) =>
  percent(`${way}${attack}${i + 1}`, `${way}, accuracy under ${attack.toUpperCase()}, strength ${strengths[i]}`);
const amplification = (way) => ({
  key: `${way}Amplification`,
  name: `${way}, amplification at the logits`,
  unit: '×',
  digits: 2,
});

export const table = {
  title: 'Robust models: training that holds against moved samples',
  about: [
    'Fifteen clients train one classifier (FedAvg), then each held-out sample is moved against the model, every normalised feature by at',
    `most the strength: ${strengths.join(', ')} (of a standard deviation). FGSM (arXiv 1412.6572) goes there in one step, PGD (arXiv 1706.06083) in ten`,
    'from a random start. The moves are made against the float32 model and go through its int8 file too, whose ranges are taken from the same',
    'held-out samples; an attack made on the int8 file itself is not measured. Adversarial training moves the samples by at most 0.2, half of the',
    'loss is theirs; orthogonal kernels have the penalty β/2·‖WᵀW − I‖² of defensive quantisation (arXiv 1904.08444). Amplification: how many times further apart',
    'the logits are than the samples, under PGD of the middle strength.',
  ].join('\n'),
  data: [{ name: 'digits' }, { name: 'spoken' }],
  settings: { rounds: 15, training: { learningRate: 0.1 }, robustness: { strengths, steps: 10 } },
  rows: [
    trained('as it is', {}),
    trained('L2, λ = 0.01', { l2: 0.01 }),
    trained('orthogonal, β = 0.01', { lipschitz: 0.01 }),
    trained('orthogonal, β = 0.1', { lipschitz: 0.1 }),
    trained('FGSM', { adversarial: fgsm }),
    trained('PGD', { adversarial: pgd }),
    trained('PGD, orthogonal, β = 0.01', { adversarial: pgd, lipschitz: 0.01 }),
    trained('PGD, orthogonal, β = 0.1', { adversarial: pgd, lipschitz: 0.1 }),
  ],
  columns: [
    { name: 'alike clients', settings: { clients: { kind: 'iid', clients: 15, seed: 1 } } },
    { name: 'unlike, Dirichlet 0.5', settings: { clients: { kind: 'dirichlet', clients: 15, alpha: 0.5, seed: 1 } } },
  ],
  figures: [
    percent('accuracy', 'accuracy on samples as they are'),
    percent('int8Clean', 'int8, accuracy on samples as they are'),
    ...strengths.map((_, i) => under('float32', 'Fgsm', i)),
    ...strengths.map((_, i) => under('float32', 'Pgd', i)),
    ...strengths.map((_, i) => under('int8', 'Fgsm', i)),
    ...strengths.map((_, i) => under('int8', 'Pgd', i)),
    amplification('float32'),
    amplification('int8'),
  ],
  plot: { kind: 'bars', figure: 'float32Pgd2' },
  remarks,
};
