/** The settings of an fl-distill. */
import type { Eviction } from '../../lib/data/sample-bank';
import {
  type DistillOptions,
  distillOptions,
  teachOptions as soften,
  updateCounts,
} from '../../lib/distillation/options';
import type { TrainingOptions } from '../../lib/training/engine';
import { COUNT, type Participation, participation } from '../shared/participation';
import type { FlowNode, Settings } from '../shared/red';
import { choice, flag, number, text } from '../shared/settings';

/** Of public rows, as fl-model has it too. */
export const MOST_PUBLIC_ROWS = 100_000;

export const roleOf = (settings: Settings) =>
  choice(settings, 'role', ['teach', 'member', 'student'] as const, 'teach');

/** What is left empty has the default of the library. */
const wish = (settings: Settings, field: string): number | undefined => {
  const value = number(settings, field, Number.NaN);
  return Number.isNaN(value) ? undefined : value;
};

export interface LessonOptions {
  temperature: number;
  /** The teacher's share of the loss; the rest is that of the samples' own labels. */
  share: number;
  /** Whether a lesson begins with the student's first weights, or with those of the lesson before. */
  start: 'first' | 'last';
  /** Each model that is a multiple of so many rounds, and the last; undefined: the last only. */
  every: number | undefined;
  training: Omit<TrainingOptions, 'seed'>;
}

/** Of the roles in which the node itself has a student learn. */
const lessonOptions = (settings: Settings, share: number | undefined): LessonOptions => ({
  ...soften({ temperature: wish(settings, 'temperature'), share }),
  start: choice(settings, 'start', ['first', 'last'] as const, 'first'),
  every:
    choice(settings, 'when', ['rounds', 'end'] as const, 'rounds') === 'end'
      ? undefined
      : number(settings, 'every', 1, { min: 1, max: 1e5, integer: true }),
  training: {
    epochs: number(settings, 'epochs', 10, { min: 1, max: 10_000, integer: true }),
    batchSize: number(settings, 'batchSize', 16, { min: 1, max: 65_536, integer: true }),
    optimizer: choice(settings, 'optimizer', ['sgd', 'momentum', 'adam'] as const, 'adam'),
    learningRate: number(settings, 'learningRate', 0.01, { min: Number.MIN_VALUE, max: 100 }),
  },
});

export interface TeachOptions extends LessonOptions {
  minSamples: number;
  capacity: number;
  eviction: Eviction;
  persistent: boolean;
}

/** Throws RefusedError with one sentence that says what to mend, as the others below do. */
export const teachOptions = (settings: Settings): TeachOptions => ({
  ...lessonOptions(settings, wish(settings, 'share')),
  minSamples: number(settings, 'minSamples', 16, COUNT),
  capacity: number(settings, 'capacity', 10_000, COUNT),
  eviction: choice(settings, 'eviction', ['oldest', 'reservoir'] as const, 'oldest'),
  persistent: flag(settings, 'persistent', true),
});

export interface StudentOptions extends LessonOptions {
  persistent: boolean;
}

export const studentOptions = (settings: Settings): StudentOptions => ({
  // Public rows have no labels.
  ...lessonOptions(settings, 1),
  persistent: flag(settings, 'persistent', true),
});

export interface MemberOptions extends Participation {
  publicTopic: string;
  eviction: Eviction;
  persistent: boolean;
  distill: DistillOptions;
}

export const memberOptions = (settings: Settings, node: FlowNode): MemberOptions => ({
  ...participation(settings, node, 10_000),
  publicTopic: text(settings, 'publicTopic', 'public'),
  eviction: choice(settings, 'eviction', ['oldest', 'reservoir'] as const, 'oldest'),
  persistent: flag(settings, 'persistent', true),
  distill: distillOptions({
    temperature: wish(settings, 'temperature'),
    digestEpochs: wish(settings, 'digestEpochs'),
    pretrainEpochs: wish(settings, 'pretrainEpochs'),
    counts: choice(settings, 'counts', updateCounts, 'alike'),
  }),
});
