import type { Batcher } from '../../lib/data/dataset';
import { sampleSize, targetWidth } from '../../lib/model/shapes';
import { RefusedError } from '../../lib/update/message';
import type { Model } from '../shared/model';

/** Throws when samples of this data set would not fit the model. */
export function checkAgainst(model: Model, { maker }: Pick<Batcher, 'maker'>): void {
  const wanted = sampleSize(model.spec);
  if (maker.width !== wanted) {
    throw new RefusedError(
      'feature-count',
      `The data set gives ${maker.width} features a sample, but the model takes ${wanted}: make the two tables agree.`,
    );
  }
  const targets = targetWidth(model.spec);
  if (maker.targetWidth !== 0 && targets !== 0 && maker.targetWidth !== targets) {
    throw new RefusedError(
      'target-count',
      `The data set gives ${maker.targetWidth} targets a sample, but the model takes ${targets}: choose the label anew.`,
    );
  }
  const unknown = maker.classes?.find((name) => model.spec.labels && !model.spec.labels.includes(name));
  if (unknown !== undefined) {
    throw new RefusedError(
      'unknown-label',
      `The data set has the label "${unknown}", but the model knows only ${model.spec.labels?.join(', ')}.`,
    );
  }
}
