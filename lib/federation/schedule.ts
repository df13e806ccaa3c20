/**
 * The learning rate over the rounds. Clients are told the rate of their round and need to know nothing of a schedule, so it
 * holds for boards and gateways alike. What local steps of some length leave between a strategy's rest and the optimum goes to
 * 0 with the rate: the conditions of Robbins & Monro (1951) for "inverse"; Li 2020 (arXiv 1907.02189) needs it for FedAvg.
 */
import type { TrainingOptions } from '../training/engine';
import type { FederationOptions } from './options';
import { bad, whole, within } from './settings';

export type ScheduleOptions =
  /** Times `factor` after each `every` rounds. */
  | { name: 'step'; every: number; factor: number }
  /** Times `factor` after each round. */
  | { name: 'exponential'; factor: number }
  /** Divided by 1 + `decay` x the rounds that are done. */
  | { name: 'inverse'; decay: number };

/** So small a rate moves nothing, and is still a rate that clients take. */
const LEAST_RATE = 1e-30;

/** Throws RefusedError 'bad-setting'. */
export function checkSchedule(schedule: ScheduleOptions): void {
  switch (schedule.name) {
    case 'step':
      whole(schedule.every, 'the rounds of a step of the learning rate', 1, 1e9);
      within(schedule.factor, 'the factor of the learning rate', 0, 1, true);
      return;
    case 'exponential':
      within(schedule.factor, 'the factor of the learning rate', 0, 1, true);
      return;
    case 'inverse':
      within(schedule.decay, 'the decay of the learning rate', 0, 1e6, true);
      return;
    default:
      throw bad('Set the schedule of the learning rate to step, exponential or inverse.');
  }
}

/** What is left of the rate after so many rounds: 1 at first, never more. */
function shareAfter(schedule: ScheduleOptions, done: number): number {
  switch (schedule.name) {
    case 'step':
      return schedule.factor ** Math.floor(done / schedule.every);
    case 'exponential':
      return schedule.factor ** done;
    case 'inverse':
      return 1 / (1 + schedule.decay * done);
  }
}

/** What the clients are asked to do in a round, counted from 1. */
export function trainingAt(
  { training, schedule }: Pick<FederationOptions, 'training' | 'schedule'>,
  round: number,
): TrainingOptions {
  if (!schedule) return training;
  const learningRate = training.learningRate * shareAfter(schedule, Math.max(0, round - 1));
  return { ...training, learningRate: Math.max(LEAST_RATE, learningRate) };
}
