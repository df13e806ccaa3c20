/**
 * A learner that makes a personal model beside its part in the federation: a learner around a learner. The personal model,
 * and the layers that stay at home, go nowhere but to `onPersonal` and to what is kept.
 */
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { decodeAll } from '../../update/codecs/registry';
import { limits } from '../../update/limits';
import { type FederatedModel, tensorSizes } from '../federated-model';
import type { GlobalModel, Learner, LearningControl, LearningTask, LocalUpdate, News } from '../learner';
import { ownWeights } from '../own-weights';
import type { OwnThreshold } from '../threshold';
import { ditto } from './ditto';
import { fedPer } from './fedper';
import { fedRep } from './fedrep';
import { fineTuning } from './fine-tuning';
import { leaveOut } from './leave-out';
import type { Heard, Home, Learned, Method, Trained } from './method';
import type { PersonalOptions } from './options';
import { perFedAvg } from './per-fedavg';
import type { PersonalState } from './state';

/** Figures of one model on samples that it was not trained on. */
export type Figures = Record<string, number>;

export interface Compared {
  /** Rounds of training in the model that came. */
  round: number;
  global?: Figures;
  personal?: Figures;
}

export interface PersonalModel extends GlobalModel {
  /** Samples behind its threshold, which is of its own errors. */
  thresholdSamples?: number;
  /** How the federation trains at present. */
  options: TrainingOptions;
  /** Nobody is asked any more: there will be no newer one for now. */
  final: boolean;
}

export interface PersonalParts {
  model: FederatedModel;
  options: PersonalOptions;
  /** What trains. */
  learner: Learner;
  /** What was kept of an earlier run. */
  state?: PersonalState;
  /** Keeps it through restarts; undefined: forgets it. */
  save?(state: PersonalState | undefined): Promise<void>;
  /** Absent, or undefined: nothing is held out to measure on. */
  measure?(model: GlobalModel, signal: AbortSignal): Promise<Figures | undefined>;
  /**
   * The error above which a sample is an anomaly to a personal model, at the federation's quantile; undefined: there are no
   * samples for it. Absent: the personal model goes without one, since the federation's is of another model.
   */
  limit?(model: GlobalModel, quantile: number, signal: AbortSignal): Promise<OwnThreshold | undefined>;
  onPersonal?(model: PersonalModel, compared: Compared): void;
  /** What went wrong and stops no round. */
  onTrouble?(trouble: RefusedError): void;
}

export interface PersonalLearner extends Learner {
  /** The figures that came last. */
  readonly compared: Compared | undefined;
  forget(): Promise<void>;
  /** Resolves when what was heard of last has been made use of. */
  settled(): Promise<void>;
  close(): void;
}

function methodOf(options: PersonalOptions, { layout }: FederatedModel, learner: Learner): Method {
  switch (options.method) {
    case 'fine-tuning':
      return fineTuning(options);
    case 'fedper':
      return fedPer(options, layout);
    case 'fedrep':
      return fedRep(options, layout);
    case 'ditto':
      return ditto(options);
    case 'per-fedavg':
      return perFedAvg(options, () => learner.count);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Throws RefusedError 'bad-setting' when the model has no layers as `options` name them. */
export function personalLearner(parts: PersonalParts): PersonalLearner {
  const { model, options, learner } = parts;
  const method = methodOf(options, model, learner);
  const tensors = tensorSizes(model.layout);
  const closing = new AbortController();
  let compared: Compared | undefined;
  /** What is being made of a model that was heard of. */
  let following = new AbortController();
  let followed: Promise<void> = Promise.resolve();

  const trouble = (code: string, message: string): void => parts.onTrouble?.(new RefusedError(code, message));

  const kept = ownWeights({
    state: parts.state,
    save: parts.save,
    onAnew: () => trouble('personal-anew', 'The federation has begun anew: so does the personal model.'),
    onNotKept: (reason) => trouble('personal-not-kept', `The personal model could not be written to disk: ${reason}`),
  });
  const { keep, startOf } = kept;

  const homeOf = (own: Float32Array | undefined, control: LearningControl, parts: number): Home => {
    let done = 0;
    return {
      own,
      latest: kept.state?.after,
      async train(task, part = 1): Promise<Trained> {
        const from = done;
        done += part;
        const onProgress = (fraction: number): void =>
          control.onProgress(Math.min(1, (from + part * fraction) / parts));
        const local = await learner.learn(task, { ...control, onProgress });
        const change = decodeAll(local.payload, local.codecs, tensors);
        const weights = new Float32Array(new SharedArrayBuffer(4 * change.length));
        for (let i = 0; i < change.length; i++) weights[i] = task.weights[i] + change[i];
        return { local, weights };
      },
    };
  };

  const limitOf = async (
    model: GlobalModel,
    quantile: number,
    signal: AbortSignal,
  ): Promise<OwnThreshold | undefined> => {
    try {
      return await parts.limit?.(model, quantile, signal);
    } catch (error) {
      if (!signal.aborted) trouble('personal-figures', `Its threshold could not be made: ${reasonOf(error)}`);
      return undefined;
    }
  };

  /** Tells of the personal model, and has the learner behind use it. */
  const publish = async (
    global: PersonalModel,
    personal: Float32Array | undefined,
    signal: AbortSignal,
    news?: News,
  ): Promise<void> => {
    const { weights, normalisation, round, options, final, threshold, quantile } = global;
    const plain: PersonalModel = { weights: personal ?? weights, normalisation, round, options, final };
    if (!personal) {
      learner.hear?.(threshold === undefined ? plain : { ...plain, threshold }, news);
      return;
    }
    const limit = quantile === undefined ? undefined : await limitOf(plain, quantile, signal);
    signal.throwIfAborted();
    const own: PersonalModel = limit
      ? { ...plain, quantile, threshold: limit.value, thresholdSamples: limit.samples }
      : plain;
    learner.hear?.(own, news);
    const figures = async (of: GlobalModel): Promise<Figures | undefined> => {
      try {
        return await parts.measure?.(of, signal);
      } catch (error) {
        if (!signal.aborted) trouble('personal-figures', `The models could not be measured: ${reasonOf(error)}`);
        return undefined;
      }
    };
    const [ofGlobal, ofPersonal] = [await figures(global), await figures(own)];
    signal.throwIfAborted();
    compared = {
      round: Math.max(0, round - 1),
      ...(ofGlobal ? { global: ofGlobal } : {}),
      ...(ofPersonal ? { personal: ofPersonal } : {}),
    };
    parts.onPersonal?.(own, compared);
  };

  const learn = async (task: LearningTask, control: LearningControl): Promise<LocalUpdate> => {
    following.abort();
    await followed;
    const { signal } = control;
    signal.throwIfAborted();
    if (method.atHome && task.control) {
      throw new RefusedError(
        'personal-strategy',
        'The control vectors of this strategy would tell of the layers that stay at home: choose another strategy in fl-aggregator, or another personal method.',
      );
    }
    const before = startOf(task.round);
    const { local, own, personal }: Learned = await method.learn(task, homeOf(before, control, workOf(task.options)));
    signal.throwIfAborted();
    await publish({ ...task, final: false }, personal, signal);
    await keep({ round: task.round, before, after: own ?? before });
    return method.atHome ? leaveOut(local, tensors, method.atHome) : local;
  };

  const workOf = ({ epochs }: LearningTask['options']): number => {
    switch (options.method) {
      case 'fedper':
        return 1;
      case 'per-fedavg':
        return 1 + options.adaptationSteps;
      default:
        return epochs + options.personalEpochs;
    }
  };

  const follow = async (global: GlobalModel, news: News, signal: AbortSignal): Promise<void> => {
    const heard: Heard = { ...global, options: news.options, final: news.final };
    const before = startOf(heard.round);
    const control: LearningControl = { signal, deadlineMs: limits.deadlineMs, onProgress: () => {} };
    const made = learner.count > 0 ? await method.follow(heard, homeOf(before, control, 1)) : {};
    signal.throwIfAborted();
    await publish(heard, made.personal, signal, news);
    if (made.own) await keep({ round: heard.round, before, after: made.own });
  };

  return {
    get count() {
      return learner.count;
    },
    get obstacle() {
      return learner.obstacle;
    },
    get compared() {
      return compared;
    },
    statistics: (patience) => learner.statistics(patience),
    ...(learner.labelCounts ? { labelCounts: (classes: number) => learner.labelCounts?.(classes) } : {}),
    ...(learner.lossOf ? { lossOf: learner.lossOf.bind(learner) } : {}),
    learn,
    hear(global, news) {
      if (!news) {
        learner.hear?.(global, news);
        return;
      }
      following.abort();
      const mine = new AbortController();
      following = mine;
      const signal = AbortSignal.any([mine.signal, closing.signal]);
      followed = followed
        .then(() => (signal.aborted ? undefined : follow(global, news, signal)))
        .catch((error: unknown) => {
          if (signal.aborted) return;
          trouble('personal', `The personal model of this round was not made: ${reasonOf(error)}`);
          learner.hear?.(global, news);
        });
    },
    async forget() {
      following.abort();
      await followed;
      compared = undefined;
      await keep(undefined);
    },
    settled: () => followed,
    close() {
      closing.abort();
    },
  };
}
