/** How often a student decides as its teacher does. */
import { argmaxRows } from '../metrics/classification';
import type { ModelSpec } from '../model/spec';

/** Of each row the likeliest label; of a multi-label model, of each label whether it holds. */
const decisions = (logits: Float32Array, { task }: Pick<ModelSpec, 'task'>, labels: number): ArrayLike<number> =>
  task === 'multi-label' ? logits.map((z) => Number(z > 0)) : argmaxRows(logits, labels);

/** Share of the decisions that are the same, 0 to 1; both are rows x labels logits of at least one row. */
export function agreementOf(one: Float32Array, other: Float32Array, spec: Pick<ModelSpec, 'task' | 'labels'>): number {
  const labels = spec.labels?.length ?? 1;
  const [a, b] = [decisions(one, spec, labels), decisions(other, spec, labels)];
  let same = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) same++;
  return same / a.length;
}
