/** Which output a batch leaves by: one for each listed client (or one for all), and one for what is held out. */
import type { SampleBatch } from '../../lib/data/dataset';
import { encodeSamples } from '../../lib/data/samples-message';
import type { FlowMessage, Outputs, Send } from '../shared/red';

export interface SampleForm {
  width: number;
  targetWidth: number;
  classes: string[] | undefined;
}

export interface Outlets {
  /** `last`: the last batch of this client in a pass; false: more will follow; undefined: nobody knows (live rows). */
  send(send: Send, batch: SampleBatch, last?: boolean, more?: FlowMessage): void;
  /** By the output behind the one for what is held out. */
  report(send: Send, payload: object): void;
  /** Samples sent since the last reset. */
  sent(): number;
  /** Clients that rows named and that have no output, with their samples. */
  unlisted(): ReadonlyMap<string, number>;
  reset(): void;
}

/** No more names than this are remembered of clients without an output: the rows may name anything. */
const UNLISTED_LIMIT = 100;

/** `source` names the data set when it can be read again; `topic`: of all samples, whatever else would be their topic. */
export function createOutlets(
  names: readonly string[] | undefined,
  form: SampleForm,
  source?: string,
  topic?: string,
): Outlets {
  const index = new Map(names?.map((name, at) => [name, at]));
  const heldOut = names?.length ?? 1;
  const unlisted = new Map<string, number>();
  /** Outlets, or clients of the one outlet, that have had the first block of this pass. */
  const begun = new Set<string>();
  let sent = 0;

  const outletOf = ({ client, split }: SampleBatch): number | undefined => {
    if (split === 'test') return heldOut;
    if (names === undefined) return 0;
    return client === undefined ? undefined : index.get(client);
  };
  return {
    send(send, batch, last, more) {
      const outlet = outletOf(batch);
      if (outlet === undefined) {
        const name = batch.client ?? '';
        if (unlisted.has(name) || unlisted.size < UNLISTED_LIMIT) {
          unlisted.set(name, (unlisted.get(name) ?? 0) + batch.block.count);
        }
        return;
      }
      const { split, block } = batch;
      // With an output of its own the wire says whose samples they are, whatever the client calls itself.
      const client = names === undefined ? batch.client : undefined;
      const key = JSON.stringify([split, batch.client]);
      const pass =
        source === undefined || last === undefined ? {} : { source, ...(begun.has(key) ? {} : { first: true }) };
      begun.add(key);
      const { fl, payload } = encodeSamples(block, form.width, form.targetWidth, {
        split,
        ...(client === undefined ? {} : { client }),
        ...(form.classes ? { classes: form.classes } : {}),
        ...pass,
        ...(last === undefined ? {} : { last }),
      });
      const outputs: Outputs = new Array(heldOut + 1).fill(null);
      outputs[outlet] = { topic: batch.client, ...more, ...(topic === undefined ? {} : { topic }), payload, fl };
      send(outputs);
      sent += block.count;
    },
    report(send, payload) {
      const outputs: Outputs = new Array(heldOut + 2).fill(null);
      outputs[heldOut + 1] = { topic: 'fl/unlikeness', payload };
      send(outputs);
    },
    sent: () => sent,
    unlisted: () => unlisted,
    reset() {
      sent = 0;
      begun.clear();
      unlisted.clear();
    },
  };
}
