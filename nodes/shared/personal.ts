/** The personal model of a node that takes part: its settings, what is kept of it on disk, and what is told of it. */

import type { Learner } from '../../lib/federation/learner';
import { privateTensors } from '../../lib/federation/personal/layers';
import { type PersonalOptions, personalMethods, personalOptions } from '../../lib/federation/personal/options';
import { type Compared, type PersonalLearner, personalLearner } from '../../lib/federation/personal/personal-learner';
import { personalMessage } from '../../lib/federation/personal/personal-message';
import { decodePersonal, encodePersonal } from '../../lib/federation/personal/state';
import { type ErrorParts, enoughFor, ownThreshold } from '../../lib/federation/threshold';
import type { Store } from '../../lib/state/store';
import type { PredictJob, SampleBlock } from '../../lib/training/engine';
import type { Message } from '../../lib/update/message';
import { figures, numbersOf, positiveIndex } from './measure';
import type { Model } from './model';
import type { Settings } from './red';
import { choice, number, text } from './settings';

export type PersonalChoice = { personal?: PersonalOptions /** 0 to 1. */; heldOutShare: number };

/** Throws RefusedError with one sentence that says what to mend. */
export function personalChoice(settings: Settings): PersonalChoice {
  const method = choice(settings, 'personal', ['none', ...personalMethods], 'none');
  if (method === 'none') return { heldOutShare: 0 };
  const wish = (field: string): number | undefined => {
    const value = number(settings, field, Number.NaN);
    return Number.isNaN(value) ? undefined : value;
  };
  const variant = choice(settings, 'variant', ['first-order', 'hessian-free'] as const, 'first-order');
  return {
    heldOutShare: number(settings, 'heldOut', 20, { min: 0, max: 50 }) / 100,
    personal: personalOptions({
      method,
      variant,
      privateLayers: text(settings, 'privateLayers', '1'),
      personalEpochs: wish('personalEpochs'),
      personalRate: wish('personalRate'),
      tuneEvery: wish('tuneEvery'),
      lambda: wish('lambda'),
      alpha: wish('alpha'),
      beta: wish('beta'),
      delta: wish('delta'),
      adaptationSteps: wish('adaptationSteps'),
    }),
  };
}

export interface Owner {
  model: Model;
  federation: string;
  client: string;
}

export interface PersonalParts {
  learner: Learner;
  /** As the layers of the model take them; undefined: there are none to measure on. */
  heldOut(signal: AbortSignal): SampleBlock | undefined | Promise<SampleBlock | undefined>;
  /** The samples that it trains on, likewise. */
  rows(signal: AbortSignal): SampleBlock | undefined | Promise<SampleBlock | undefined>;
  predict(job: PredictJob, signal: AbortSignal): Promise<{ outputs: Float32Array }>;
  /** The personal model, for fl-predict and the like. */
  send(message: Message): void;
  event(payload: Record<string, unknown>): void;
  fail(thrown: unknown): void;
}

/** Of both models in a round, for its event. */
export const figuresOf = (compared: Compared | undefined): Pick<Compared, 'global' | 'personal'> => {
  if (!compared) return {};
  const { round: _, ...both } = compared;
  return both;
};

/**
 * Reads what was kept, and gives what makes the learner of it. Rejects with RefusedError when the model has no layers as
 * `options` name them. `store` absent: in memory only.
 */
export async function openPersonal(
  { model, federation, client }: Owner,
  options: PersonalOptions,
  store: Store | undefined,
  warn: (sentence: string) => void,
): Promise<(parts: PersonalParts) => PersonalLearner> {
  if ('privateLayers' in options) privateTensors(model.layout, options.privateLayers);
  const name = `${federation} ${client} personal`;
  const found = await store?.read(name).catch((error: unknown) => warn(String(error)));
  const { state, notice } = decodePersonal(found ?? undefined, model, options);
  if (notice) warn(notice);
  if (found && !state) await store?.remove(name);

  return ({ learner, heldOut, rows, predict, send, event, fail }) =>
    personalLearner({
      model,
      options,
      learner,
      state,
      async measure({ weights, normalisation }, signal) {
        const samples = await heldOut(signal);
        if (!samples || samples.count === 0) return undefined;
        const { spec } = model;
        const { features, count } = samples;
        const { outputs } = await predict({ spec, weights, features, count, normalisation }, signal);
        return numbersOf(figures(spec, samples, outputs, normalisation, positiveIndex(spec, '')));
      },
      async limit(made, quantile, signal) {
        const aside = await heldOut(signal);
        const samples = aside && enoughFor(quantile, aside.count) ? aside : await rows(signal);
        if (!samples) return undefined;
        const { spec } = model;
        const parts: ErrorParts = { spec, bank: { block: () => samples }, predict: (job) => predict(job, signal) };
        return ownThreshold(parts, made, quantile, signal);
      },
      save: async (kept) => {
        if (kept) await store?.write(name, encodePersonal(kept, model, options));
        else await store?.remove(name);
      },
      onPersonal: (made, compared) => {
        send(personalMessage(made, { federation, client, model }));
        event({ event: 'personal', client, method: options.method, ...compared });
      },
      onTrouble: fail,
    });
}
