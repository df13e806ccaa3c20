/**
 * IFCA (Ghosh 2020, arXiv 2006.04088): k models go out, each client takes the one of least loss on its own rows and trains it;
 * each model moves by the mean of those who took it: w_j <- w_j + sum p_k d_k over its clients. The models begin apart.
 */
import { RefusedError } from '../../refused';
import { limits } from '../../update/limits';
import { moved } from './moved';
import type { OptionsOf } from './options';
import { refuseSetting } from './parameters';
import type { Strategy, StrategyState } from './strategy';
import { bySamples, meanOf } from './weights';

const nameOf = (group: number): string => `group/${group}`;

export function ifca({ groups = 2 }: OptionsOf<'ifca'>): Strategy {
  if (!Number.isInteger(groups) || groups < 2 || groups > limits.groups) {
    refuseSetting(`Set the number of groups to a whole number from 2 to ${limits.groups}: ${String(groups)} is not.`);
  }
  const numbers = Array.from({ length: groups }, (_, group) => group);
  /** The model of group 0 is the one that the federation is known by. */
  const modelOf = ({ vectors }: StrategyState, global: Float32Array, group: number): Float32Array =>
    group === 0 ? global : vectors[nameOf(group)];

  return {
    name: 'ifca',
    needs: 'fold',
    vectorsPerUpdate: 1,
    uniformMean: false,
    local: { name: 'ifca', groups },
    groups: {
      count: () => groups,
      of({ client, group }) {
        if (group !== undefined && group < groups) return group;
        throw new RefusedError(
          'wrong-group',
          `The update of "${client}" ${group === undefined ? 'names no group' : `is for group ${group} of ${groups}`}: update the palette at its end.`,
        );
      },
      audiences(state, global, cohort) {
        const models = numbers.map((group) => modelOf(state, global, group));
        if (cohort.length > 0) return [{ cohort: [...cohort], vectors: models }];
        return models.map((model, group) => ({ cohort: [], vectors: [model], group }));
      },
    },
    start(size, fresh) {
      if (!fresh) throw new RangeError('IFCA needs other first weights for its further groups');
      const others = numbers.slice(1).map((group): [string, Float32Array] => [nameOf(group), fresh(group)]);
      if (others.some(([, model]) => model.length !== size)) throw new RangeError(`A model has ${size} numbers`);
      return { numbers: {}, vectors: Object.fromEntries(others) };
    },
    weigh: bySamples,
    apply(state, global, aggregate) {
      const models = numbers.map((group) => {
        const part = aggregate.part(group);
        const model = modelOf(state, global, group);
        // Nobody took it: it waits for clients as it is.
        return part.updates.length === 0 ? model : moved(model, meanOf(part));
      });
      const [model, ...others] = models;
      const vectors = Object.fromEntries(others.map((other, i) => [nameOf(i + 1), other]));
      return { state: { numbers: {}, vectors }, model };
    },
  };
}
