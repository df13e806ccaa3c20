/** How a federation runs: every choice of the person who draws it, with its default, checked before anything starts. */
import { type ClassWeighting, checkClassWeighting } from '../data/class-weights';
import type { SecureOptions } from '../privacy/secure';
import { RefusedError } from '../refused';
import type { RuleOptions } from '../robust/options';
import type { TrainingOptions } from '../training/engine';
import { limits } from '../update/limits';
import type { SendingOptions } from '../update/message';
import { parseTraining } from '../update/parse-parts';
import { checkRule } from './check-rule';
import { checkQuarantine, type QuarantineOptions } from './reputation';
import { createSampler } from './samplers';
import { checkSampler } from './samplers/check';
import type { SamplerOptions } from './samplers/sampler';
import { checkSchedule, type ScheduleOptions } from './schedule';
import { checkSecure } from './secure/options';
import { checkSending } from './sending/check';
import { bad, whole } from './settings';
import { createStrategy } from './strategies';
import type { StrategyOptions } from './strategies/options';
import { checkThreshold, type ThresholdOptions } from './threshold';
import { checkTogether } from './timing';
import { checkTiming, type TimingOptions } from './timing/options';

export interface FederationOptions {
  /** Rounds to do; 0: without an end. */
  rounds: number;
  /** Clients that must have joined before the first round. */
  minClients: number;
  /** Updates that a round needs; with fewer at the deadline it is void. */
  quorum: number;
  /** How long a round waits for its cohort, in ms. */
  deadlineMs: number;
  /** Between two rounds, in ms. */
  pauseMs: number;
  /** Begin by itself once `minClients` are there; else wait for the command "start". */
  autoStart: boolean;
  sampler: SamplerOptions;
  timing: TimingOptions;
  strategy: StrategyOptions;
  /** What takes the place of the mean of the updates; default: the mean itself. */
  rule: RuleOptions;
  /** Clients that are rejected again and again are no longer asked; absent: they are. */
  quarantine?: QuarantineOptions;
  /** The aggregator learns the sum of the updates alone; absent: each of them. */
  secure?: SecureOptions;
  /** Clients send only what is worth its bytes; absent: every update. */
  sending?: SendingOptions;
  /** What the clients are asked to do; its seed also chooses the cohorts. */
  training: TrainingOptions;
  /** How the learning rate of the training falls over the rounds; absent: it stays. */
  schedule?: ScheduleOptions;
  /** Weights of the classes from the counts that the clients tell in round 0; absent: those of `training`, or none. */
  classWeighting?: ClassWeighting;
  /** Autoencoders: above which error a sample is an anomaly, from sketches of the clients' errors; absent: none is made. */
  threshold?: ThresholdOptions;
  /** Round 0 asks for the counts of labels, to tell how unlike the clients are. */
  unlikeness?: boolean;
  /** Rounds after which the labels are counted again; absent: in round 0 only. */
  countEvery?: number;
  /** Ids remembered at most; further ones are refused. */
  maxClients: number;
  /** After so many askings in a row without an answer a client is left out until it joins again. */
  missesUntilAway: number;
}

export const defaultOptions: FederationOptions = {
  rounds: 20,
  minClients: 2,
  quorum: 2,
  deadlineMs: 60_000,
  pauseMs: 0,
  autoStart: true,
  sampler: { name: 'all' },
  timing: { mode: 'rounds' },
  strategy: { name: 'fedavg' },
  rule: { name: 'mean' },
  training: { epochs: 1, batchSize: 16, optimizer: 'sgd', learningRate: 0.05, seed: 1 },
  maxClients: 10_000,
  missesUntilAway: 3,
};

/** What the clients would refuse to train with is refused here. */
function training(wish: TrainingOptions): TrainingOptions {
  try {
    return parseTraining(wish);
  } catch (error) {
    if (error instanceof RefusedError)
      throw bad(`Change the training: ${error.message.replace('msg.fl.training.', '')}`);
    throw error;
  }
}

/** The wishes over the defaults. Throws RefusedError with the code "bad-setting" or "quorum-above-cohort". */
export function federationOptions(wish: Partial<FederationOptions> = {}): FederationOptions {
  const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  const options: FederationOptions = { ...defaultOptions, ...given };
  whole(options.rounds, 'the number of rounds', 0, 1e9);
  whole(options.minClients, 'the number of clients to wait for', 1, 1e6);
  whole(options.quorum, 'the quorum', 1, 1e6);
  whole(options.deadlineMs, 'the deadline in ms', 1, limits.deadlineMs);
  whole(options.pauseMs, 'the pause in ms', 0, limits.deadlineMs);
  whole(options.maxClients, 'the largest number of clients', 1, limits.cohort);
  whole(options.missesUntilAway, 'the number of misses until a client is left out', 1, 1e6);
  checkSampler(options.sampler);
  if (options.threshold) checkThreshold(options.threshold);
  checkTiming(options.timing);
  if (options.schedule) checkSchedule(options.schedule);
  if (options.classWeighting) {
    checkClassWeighting(options.classWeighting);
    if (options.training.classWeights) throw bad('Type class weights, or have them made from the counts: not both.');
  }
  if (options.countEvery !== undefined) {
    whole(options.countEvery, 'the rounds after which labels are counted again', 1, 1e6);
    if (!options.classWeighting && !options.unlikeness) {
      throw bad('Labels are counted for automatic class weights or the report of unlike clients: choose one of these.');
    }
    if (options.timing.mode === 'async') throw bad('Labels are counted again beside a round: choose rounds.');
  }
  if (options.minClients > options.maxClients) {
    throw bad(
      `Wait for at most ${options.maxClients} clients (${options.minClients} are set): more are not remembered.`,
    );
  }
  const smallest = createSampler(options.sampler).size(options.minClients);
  if (options.quorum > smallest) {
    throw new RefusedError(
      'quorum-above-cohort',
      `Lower the quorum (${options.quorum}) to ${smallest}, or wait for more clients and ask more of them: a round may have a cohort of only ${smallest}.`,
    );
  }
  const asked = training(options.training);
  const strategy = createStrategy(options.strategy, asked);
  const { sampler, rule, quarantine } = options;
  checkTogether(options.timing, strategy, { sampler: sampler.name, rule: rule.name });
  checkRule(rule, strategy, options.quorum);
  if (quarantine) {
    checkQuarantine(quarantine);
    if (options.timing.mode === 'async') throw bad('Quarantine compares the updates of a round: choose rounds.');
  }
  if (options.sending) checkSending(options.sending, options.timing, strategy, rule.name);
  if (options.secure) checkSecure(options.secure, strategy, options);
  return { ...options, training: asked };
}
