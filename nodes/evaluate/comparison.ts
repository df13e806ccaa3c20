/** The figures of the federation's model and of personal ones, side by side. */
import type { GlobalModel } from '../shared/global-model';
import { numbersOf } from '../shared/measure';

type Figures = Record<string, number>;

export interface Beside {
  /** Of the federation's model that was measured last. */
  global?: Figures;
  /** Of each client's. */
  personal?: Record<string, Figures>;
}

export interface Comparison {
  /** What stands beside these figures; nothing as long as no personal model has come. */
  add(model: Pick<GlobalModel, 'personal' | 'trained'>, evaluation: object): Beside;
}

export function createComparison(): Comparison {
  let global: Figures | undefined;
  const personal = new Map<string, Figures>();
  return {
    add({ personal: client, trained }, evaluation) {
      const figures = { round: trained, ...numbersOf(evaluation) };
      if (client === undefined) global = figures;
      else personal.set(client, figures);
      return personal.size === 0 ? {} : { ...(global ? { global } : {}), personal: Object.fromEntries(personal) };
    },
  };
}
