/** Whether one network can learn from another: both must tell the same labels apart in the same samples. */
import { refuseConsensus } from '../model/consensus';
import { sampleSize } from '../model/shapes';
import type { ModelSpec } from '../model/spec';
import { RefusedError } from '../refused';
import { checkSameLabels } from './logits';

/**
 * Throws RefusedError 'distill-samples' when they look at unlike samples, 'distill-labels' or 'distill-task' for their labels,
 * 'consensus' when one of them is no network.
 */
export function checkPair(teacher: ModelSpec, student: ModelSpec): void {
  refuseConsensus(teacher);
  refuseConsensus(student);
  checkSameLabels(teacher, student);
  const [of, to] = [sampleSize(teacher), sampleSize(student)];
  if (of !== to) {
    throw new RefusedError(
      'distill-samples',
      `The teacher takes ${of} features and the student ${to}: both must look at the same samples.`,
    );
  }
  const named = [teacher.features, student.features].map((names) => names?.join('\n'));
  if (named[0] !== undefined && named[1] !== undefined && named[0] !== named[1]) {
    throw new RefusedError(
      'distill-samples',
      'The features of teacher and student are named differently: give both fl-models the same names in the same order.',
    );
  }
}
