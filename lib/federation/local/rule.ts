/** The client's part of a strategy: what it adds to the training, and what becomes of the vector that the client keeps. */
import type { TrainingOptions } from '../../training/engine';
import type { LocalRule } from '../../update/message';
import type { LearningTask } from '../learner';
import { feddyn } from './feddyn';
import { scaffold } from './scaffold';

/** All vectors are of the model's length. */
export interface Given {
  /** What this client keeps; zeros in the beginning. */
  state: Float32Array;
  /** What came behind the model. */
  further: readonly Float32Array[];
}

export interface Outcome {
  /** local - global. */
  change: Float32Array;
  /** Optimiser steps done. */
  steps: number;
  /** Mean gradient at the model that came, when the terms asked for it. */
  startGradient?: Float32Array;
}

export interface ClientRule {
  /** How many vectors come behind the model, and go behind the update. */
  readonly vectors: number;
  terms(given: Given, options: TrainingOptions): Pick<LearningTask, 'options' | 'control' | 'atStart'>;
  /** Throws RefusedError when the outcome is of no use. */
  after(given: Given, outcome: Outcome, options: TrainingOptions): { state: Float32Array; further: Float32Array[] };
}

/** Those by which the client keeps a vector over the rounds. */
export type KeepingRule = Exclude<LocalRule, { name: 'ifca' }>;

export const keepsVector = (rule: LocalRule | undefined): rule is KeepingRule =>
  rule !== undefined && rule.name !== 'ifca';

/** How many vectors come behind the model. */
export const vectorsBehind = (rule: LocalRule): number =>
  keepsVector(rule) ? clientRule(rule).vectors : rule.groups - 1;

export function clientRule(rule: KeepingRule): ClientRule {
  switch (rule.name) {
    case 'scaffold':
      return scaffold(rule.option);
    case 'feddyn':
      return feddyn(rule.alpha);
  }
}
