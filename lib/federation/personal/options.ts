/** How a client makes its personal model: every choice of a person, with its default, checked before anything starts. */
import { RefusedError } from '../../refused';

export const personalMethods = ['fine-tuning', 'fedper', 'fedrep', 'ditto', 'per-fedavg'] as const;
export const perFedAvgVariants = ['first-order', 'hessian-free'] as const;

export interface FineTuningOptions {
  method: 'fine-tuning';
  /** Passes over the client's own samples. */
  personalEpochs: number;
  /** Absent: the rate of the federation. */
  personalRate?: number;
  /** Tunes each so many-th model, and always the last one. */
  tuneEvery: number;
}
export interface FedPerOptions {
  method: 'fedper';
  /** A number n: the last n layers with parameters. Else their names, as in "dense_2, dense_1". */
  privateLayers: string;
}
export interface FedRepOptions {
  method: 'fedrep';
  privateLayers: string;
  /** Passes in which only the private layers learn, before the others do. */
  personalEpochs: number;
}
export interface DittoOptions {
  method: 'ditto';
  /** How strongly the personal model is pulled to the federation's; 0: not at all. */
  lambda: number;
  personalEpochs: number;
}
export interface PerFedAvgOptions {
  method: 'per-fedavg';
  variant: (typeof perFedAvgVariants)[number];
  /** Rate of the step that adapts the model to the client. */
  alpha: number;
  /** Rate of the step on the federation's model; absent: the rate of the federation. */
  beta?: number;
  /** hessian-free: how far the gradients lie apart whose difference stands for the Hessian. */
  delta: number;
  /** Steps of rate alpha, each over all own samples, from the federation's model to the personal one. */
  adaptationSteps: number;
}

export type PersonalOptions = FineTuningOptions | FedPerOptions | FedRepOptions | DittoOptions | PerFedAvgOptions;

type Fields<O> = Partial<Omit<O, 'method'>>;

/** The fields of all methods: those that the chosen one does not have are left alone. */
export interface PersonalWish
  extends Fields<FineTuningOptions>,
    Fields<FedRepOptions>,
    Fields<DittoOptions>,
    Fields<PerFedAvgOptions> {
  method: PersonalOptions['method'];
}

const bad = (message: string): never => {
  throw new RefusedError('bad-setting', message);
};

const whole = (value: number | undefined, fallback: number, name: string): number => {
  const given = value ?? fallback;
  return Number.isInteger(given) && given >= 1 && given <= 10_000
    ? given
    : bad(`Set ${name} to a whole number from 1 to 10000: ${String(given)} is not.`);
};

const within = (value: number, least: number, most: number, name: string): number =>
  Number.isFinite(value) && value >= least && value <= most
    ? value
    : bad(`Set ${name} to a number from ${least} to ${most}: ${String(value)} is not.`);

const rate = (value: number, name: string): number =>
  Number.isFinite(value) && value > 0 && value <= 1000 ? value : bad(`Set ${name} to a number above 0, at most 1000.`);

/** Throws RefusedError 'bad-setting' with one sentence that says what to mend. */
export function personalOptions(wish: PersonalWish): PersonalOptions {
  const { method } = wish;
  const epochs = (): number => whole(wish.personalEpochs, 1, 'personalEpochs');
  switch (method) {
    case 'fine-tuning':
      return {
        method,
        personalEpochs: epochs(),
        tuneEvery: whole(wish.tuneEvery, 1, 'tuneEvery'),
        ...(wish.personalRate === undefined ? {} : { personalRate: rate(wish.personalRate, 'personalRate') }),
      };
    case 'fedper':
      return { method, privateLayers: wish.privateLayers ?? '1' };
    case 'fedrep':
      return { method, privateLayers: wish.privateLayers ?? '1', personalEpochs: epochs() };
    case 'ditto':
      return { method, lambda: within(wish.lambda ?? 0.1, 0, 1e6, 'lambda'), personalEpochs: epochs() };
    case 'per-fedavg': {
      const variant = perFedAvgVariants.find((name) => name === (wish.variant ?? 'first-order'));
      return {
        method,
        variant: variant ?? bad(`Set variant to one of ${perFedAvgVariants.join(', ')}.`),
        alpha: rate(wish.alpha ?? 0.01, 'alpha'),
        delta: rate(wish.delta ?? 1e-3, 'delta'),
        adaptationSteps: whole(wish.adaptationSteps, 1, 'adaptationSteps'),
        ...(wish.beta === undefined ? {} : { beta: rate(wish.beta, 'beta') }),
      };
    }
    default:
      return bad(`Set the personal model to one of ${personalMethods.join(', ')}.`);
  }
}
