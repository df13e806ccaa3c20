/**
 * A client with a network of its own in a federation of predictions (FedMD, arXiv 1910.03581). Each round it learns what the
 * federation says of the public rows (digest), then from its own rows (revisit), and answers with what it says itself: its
 * logits on the public rows less those that came. Its network goes nowhere. It may begin with the labels of the public rows.
 */
import { labelCountsOf } from '../data/label-counts';
import { type FederatedModel, firstWeights } from '../federation/federated-model';
import type { Samples } from '../federation/gateway-learner';
import {
  type GlobalModel,
  type Learner,
  type LearningControl,
  type LearningTask,
  type LocalUpdate,
  learningMetrics,
} from '../federation/learner';
import { type OwnState, ownWeights } from '../federation/own-weights';
import { inputSize, refuseConsensus } from '../model';
import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import type { Normalisation, PredictJob, PredictResult, TrainingOptions } from '../training/engine';
import { vectorPayload } from '../update/vector';
import { consensusOf } from './consensus-model';
import { checkSameLabels, logitsOf, softTargets } from './logits';
import type { DistillOptions } from './options';
import type { PublicRows } from './public-rows';
import { otherRows, saysSomething } from './student';
import { ownNormalisation, teach, type Watch, type WatchedTrain } from './teach';

/** The own network after a round. */
export interface OwnNetwork extends GlobalModel {
  /** How the federation trains at present. */
  options: TrainingOptions;
  /** Nobody is asked any more: there will be no newer one for now. */
  final: boolean;
}

/** Mean losses over the last pass. */
export interface Learned {
  /** Of the public rows against their labels, where the network began with them; absent: it was there, or begins with its own rows. */
  pretrainLoss?: number;
  /** Of the public rows against the federation's word; absent: it had not said anything yet. */
  digestLoss?: number;
  /** Of the own rows. */
  loss: number;
}

export interface DistillParts {
  /** The predictions that the federation learns. */
  consensus: FederatedModel;
  /** The own network: of any layers, with the labels of the consensus. */
  network: FederatedModel;
  /** The public rows that are here now, as the network's layers get them; undefined: none. */
  rows(): PublicRows | undefined;
  /** The own rows. */
  bank: Samples;
  train: WatchedTrain;
  predict(job: PredictJob, watch: Watch): Promise<PredictResult>;
  options: DistillOptions;
  /** What was kept of an earlier run. */
  state?: OwnState;
  /** Keeps the own network through restarts; undefined: forgets it. */
  save?(state: OwnState | undefined): Promise<void>;
  /** `learned`: absent when it is told of again, as the last one. */
  onNetwork?(network: OwnNetwork, learned?: Learned): void;
  /** What went wrong and stops no round. */
  onTrouble?(trouble: RefusedError): void;
}

export interface DistillLearner extends Learner {
  /** Drops the own network: it begins anew. */
  forget(): Promise<void>;
  close(): void;
}

/** Of another network than the federation's there is nothing that these could be about. */
function refuseStrategy({ control, anchor, trainable, atStart, options }: LearningTask): void {
  if (!control && !anchor && !trainable && !atStart?.gradient && !options.proximal) return;
  throw new RefusedError(
    'distill-strategy',
    'What this federation learns are predictions, and each client has a network of its own: its strategy cannot correct or hold back the steps of the clients. Choose fedavg or a server optimiser in fl-aggregator.',
  );
}

/** Of the public rows: nothing that is said of the clients' labels, of moved samples or of how far a round goes has a meaning there. */
function publicTraining(options: TrainingOptions, epochs: number, what: 'digest' | 'pretrain'): TrainingOptions {
  const { maxSteps: _, fullBatch: __, classWeights: ___, focalGamma: ____, adversarial: _____, ...kept } = options;
  return { ...kept, epochs, seed: streamSeed(options.seed, what) };
}

/**
 * Throws RefusedError 'consensus' when either model is not what it should be, 'distill-labels' for a network of other labels.
 * Its learn() rejects with 'public-rows' while other rows are here, 'distill-strategy', and with what `train` and `predict` reject with.
 */
export function distillLearner(parts: DistillParts): DistillLearner {
  const { consensus, network, bank, train, options } = parts;
  const { spec } = network;
  consensusOf(consensus);
  refuseConsensus(spec);
  checkSameLabels(consensus.spec, spec);
  const width = inputSize(spec);
  const closing = new AbortController();
  const trouble = (code: string, message: string): void => parts.onTrouble?.(new RefusedError(code, message));
  const kept = ownWeights({
    state: parts.state,
    save: parts.save,
    onAnew: () => trouble('distill-anew', 'The federation has begun anew: so does the own network.'),
    onNotKept: (reason) => trouble('distill-not-kept', `The own network could not be written to disk: ${reason}`),
  });

  const obstacleOf = (rows: PublicRows | undefined): string | undefined => {
    const other = otherRows(consensus, rows);
    if (other !== undefined || !rows) return other;
    if (options.pretrainEpochs > 0 && !rows.labelled) {
      return 'The public rows have no labels, which pretraining needs: send them with their labels, or set the pretraining to 0.';
    }
    if (rows.width === width && rows.features.length === rows.count * width) return undefined;
    return `The public rows have ${rows.features.length / rows.count} features, but the network of this client takes ${width}.`;
  };
  const readyRows = (): PublicRows => {
    const rows = parts.rows();
    const reason = obstacleOf(rows);
    if (rows && reason === undefined) return rows;
    throw new RefusedError('public-rows', reason ?? 'There are no public rows yet.');
  };

  /** Costs a pass over the rows, which mostly are the same. */
  let normalised: { rows: PublicRows; by: Normalisation | undefined } | undefined;
  const normalisationBy = (rows: PublicRows): Normalisation | undefined => {
    if (normalised?.rows !== rows) normalised = { rows, by: ownNormalisation(network, rows) };
    return normalised.by;
  };

  const learn = async (task: LearningTask, { signal: asked, onProgress }: LearningControl): Promise<LocalUpdate> => {
    refuseStrategy(task);
    const rows = readyRows();
    const own = bank.block();
    const signal = AbortSignal.any([asked, closing.signal]);
    const normalisation = normalisationBy(rows);
    const { digestEpochs, pretrainEpochs } = options;
    const before = kept.startOf(task.round);
    const isDigested = saysSomething(task.weights);
    const pretrainWork = before ? 0 : pretrainEpochs * rows.count;
    const digestWork = isDigested ? digestEpochs * rows.count : 0;
    const work = pretrainWork + digestWork + task.options.epochs * own.count + rows.count;
    /** Of all work that is to be done, `part` behind `done`. */
    const watch = (done: number, part: number): Watch => ({
      signal,
      onProgress: (fraction) => onProgress(Math.min(1, (done + part * fraction) / work)),
    });

    let weights = before ?? firstWeights(network);
    let pretrainLoss: number | undefined;
    if (pretrainWork > 0) {
      const { features, targets, count } = rows;
      const training = publicTraining(task.options, pretrainEpochs, 'pretrain');
      const job = { spec, weights, samples: { features, targets, count }, normalisation, options: training };
      const pretrained = await train(job, watch(0, pretrainWork));
      signal.throwIfAborted();
      weights = pretrained.weights;
      pretrainLoss = pretrained.loss;
    }
    let digestLoss: number | undefined;
    if (isDigested) {
      const soft = softTargets(task.weights, spec, { temperature: options.temperature, share: 1 });
      const unlabelled = { features: rows.features, targets: new Float32Array(0), count: rows.count };
      const job = { student: network, start: weights, rows: unlabelled, normalisation, soft };
      const training = publicTraining(task.options, digestEpochs, 'digest');
      const digested = await teach({ ...job, options: training }, train, watch(pretrainWork, digestWork));
      signal.throwIfAborted();
      weights = digested.weights;
      digestLoss = digested.loss;
    }
    const { atStart } = task;
    const revisit = { spec, weights, samples: own, normalisation, options: task.options, atStart };
    const result = await train(
      revisit,
      watch(pretrainWork + digestWork, work - pretrainWork - digestWork - rows.count),
    );
    signal.throwIfAborted();
    weights = result.weights;
    const predictions = { spec, weights, features: rows.features, count: rows.count, normalisation };
    const { outputs } = await parts.predict(predictions, watch(work - rows.count, rows.count));
    signal.throwIfAborted();
    const change = logitsOf(outputs, spec);
    for (let i = 0; i < change.length; i++) change[i] -= task.weights[i];

    const { loss } = result;
    const made = { weights, normalisation, round: task.round + 1, options: task.options, final: false };
    parts.onNetwork?.(made, {
      loss,
      ...(pretrainLoss === undefined ? {} : { pretrainLoss }),
      ...(digestLoss === undefined ? {} : { digestLoss }),
    });
    await kept.keep({ round: task.round, before, after: weights });
    // Steps of unlike networks are not alike: a strategy that counts them hears of none.
    const { steps: _, ...metrics } = learningMetrics(result);
    const samples = options.counts === 'alike' ? rows.count : own.count;
    return { payload: vectorPayload(change), codecs: [], samples, metrics };
  };

  return {
    get count() {
      return bank.count;
    },
    get obstacle() {
      return obstacleOf(parts.rows());
    },
    statistics() {
      throw new RefusedError(
        'distill-strategy',
        'Predictions are not normalised: set the normalisation of their fl-model to none.',
      );
    },
    labelCounts: (classes) => labelCountsOf(bank.block(), classes),
    restates: true,
    learn,
    hear({ round }, news) {
      const weights = kept.state?.after;
      if (!news?.final || !weights || closing.signal.aborted) return;
      const rows = parts.rows();
      if (!rows || obstacleOf(rows) !== undefined) return;
      const normalisation = normalisationBy(rows);
      parts.onNetwork?.({ weights, normalisation, round, options: news.options, final: true });
    },
    forget: () => kept.keep(undefined),
    close: () => closing.abort(),
  };
}
