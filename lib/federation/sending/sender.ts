/**
 * The client's side of fewer updates. What a rule holds back is not lost: it is added to the next update (error feedback, as
 * with compressors: Karimireddy 2019, arXiv 1901.09847), and written down before the aggregator is told. After `patience`
 * updates in a row that stayed, the next one goes whatever the rule says: so nothing is older than that. Predictions are said
 * anew in each round: of them nothing is added.
 */
import { decodeAll, recoded } from '../../update/codecs/registry';
import type { SendingOptions, TensorSizes } from '../../update/message';
import { normOf } from '../../update/vector';
import type { LocalUpdate } from '../learner';
import type { LocalMemory, MemoryKey } from '../local/memory';
import { sendingRule } from '.';

/** Updates in a row that may stay, where the rule does not say. */
export const defaultPatience = 10;

export interface Considered {
  /** As it goes: with what was held back before. */
  local: LocalUpdate;
  /** Why it stays; absent: it goes. */
  stays?: string;
}

export interface SenderParts {
  client: string;
  model: { fingerprint: string; tensors: TensorSizes; size: number };
  memory: LocalMemory;
  /** Each update says all anew: nothing is held back. */
  restates?: boolean;
}

export interface Sender {
  /** Rejects when the update cannot be read, or when what is held back cannot be written. */
  consider(options: SendingOptions, local: LocalUpdate, weights: Float32Array): Promise<Considered>;
}

export function createSender({ client, model, memory, restates = false }: SenderParts): Sender {
  const key: MemoryKey = { rule: 'held back', model: model.fingerprint, size: model.size };
  let count = 0;
  let stayed = 0;
  let held: Float32Array | undefined;

  const remember = async (now: Float32Array): Promise<void> => {
    await memory.remember(key, { settled: 0, before: now, round: 1, after: now });
    held = now;
  };

  return {
    async consider(options, local, weights) {
      held ??= (await memory.recall(key, 1)) ?? new Float32Array(model.size);
      const change = decodeAll(local.payload, local.codecs, model.tensors);
      const isHeld = held.some((value) => value !== 0);
      const whole = isHeld ? Float32Array.from(change, (value, i) => value + (held?.[i] ?? 0)) : change;
      const { startLoss, firstLoss, loss } = local.metrics;
      count++;
      const reason = sendingRule(options)({
        client,
        count,
        norm: normOf(whole),
        modelNorm: normOf(weights),
        lossBefore: startLoss ?? firstLoss,
        lossAfter: loss,
      });
      const { patience = defaultPatience } = options;
      if (reason !== undefined && (stayed < patience || options.name === 'periodic')) {
        stayed++;
        if (!restates) await remember(whole);
        return { local, stays: reason };
      }
      stayed = 0;
      if (!isHeld) return { local };
      await remember(new Float32Array(model.size));
      return { local: { ...local, ...recoded(local, model.tensors, whole) } };
    },
  };
}
