/** Has a learner learn by a local rule: the terms go into its task, the client's vector is made anew and kept. */
import { RefusedError } from '../../refused';
import { joinVectors, readVector, vectorPayload } from '../../update/vector';
import type { Learner, LearningControl, LearningTask, LocalUpdate } from '../learner';
import type { LocalMemory, MemoryKey } from './memory';
import { clientRule, type KeepingRule } from './rule';

export interface Asked {
  rule: KeepingRule;
  /** Vectors that came behind the model, checked. */
  further: readonly Float32Array[];
  /** The last round in which an update of this client counted; 0: none. */
  settled: number;
  /** Fingerprint of the model. */
  model: string;
}

/** No round: what was lost is not found when it is asked for again. */
const UNKNOWN = -1;

/**
 * The update with the rule's vectors behind it. Rejects with RefusedError when the learner gives no whole update, as the
 * vector could not be made of less. `onLost`: the vector that the aggregator goes by is not known here any more.
 */
export async function learnByRule(
  learner: Learner,
  task: LearningTask,
  control: LearningControl,
  { rule, further, settled, model }: Asked,
  memory: LocalMemory,
  onLost: () => void,
): Promise<LocalUpdate> {
  const { vectors, terms, after } = clientRule(rule);
  const size = task.weights.length;
  const key: MemoryKey = { rule: rule.name, model, size };
  const known = await memory.recall(key, settled);
  // Zeros stand for what is lost until the aggregator has heard of it.
  if (!known) onLost();
  const state = known ?? new Float32Array(size);
  const { atStart, ...more } = terms({ state, further }, task.options);
  const local = await learner.learn(
    { ...task, ...more, ...(atStart ? { atStart: { ...task.atStart, ...atStart } } : {}) },
    control,
  );
  if (local.codecs.length > 0) {
    throw new RefusedError(
      'partial-update',
      `Its learner gives updates that are not whole (${local.codecs.map(({ name }) => name).join(', ')}): choose a strategy without vectors of the clients.`,
    );
  }
  const change = readVector(local.payload, size);
  const { metrics, startGradient } = local;
  const next = after({ state, further }, { change, steps: metrics.steps ?? 0, startGradient }, task.options);
  // Nobody waits for it: what is kept must be of the last answer that went out.
  control.signal.throwIfAborted();
  await memory.remember(key, {
    settled: known ? settled : UNKNOWN,
    before: state,
    round: task.round,
    after: next.state,
  });
  return {
    ...local,
    payload: vectorPayload(joinVectors([change, ...next.further])),
    vectors: 1 + vectors,
    ...(known ? {} : { anew: true }),
  };
}
