/** Which output a batch leaves by: one for each listed client (or one for all), and the last one for what is held out. */
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
  /** Samples sent since the last reset. */
  sent(): number;
  /** Clients that rows named and that have no output, with their samples. */
  unlisted(): ReadonlyMap<string, number>;
  reset(): void;
}

/** No more names than this are remembered of clients without an output: the rows may name anything. */
const UNLISTED_LIMIT = 100;

export function createOutlets(names: readonly string[] | undefined, form: SampleForm): Outlets {
  const index = new Map(names?.map((name, at) => [name, at]));
  const heldOut = names?.length ?? 1;
  const unlisted = new Map<string, number>();
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
      const { client, split, block } = batch;
      const { fl, payload } = encodeSamples(block, form.width, form.targetWidth, {
        split,
        ...(client === undefined ? {} : { client }),
        ...(form.classes ? { classes: form.classes } : {}),
        ...(last === undefined ? {} : { last }),
      });
      const outputs: Outputs = new Array(heldOut + 1).fill(null);
      outputs[outlet] = { ...more, payload, fl };
      send(outputs);
      sent += block.count;
    },
    sent: () => sent,
    unlisted: () => unlisted,
    reset() {
      sent = 0;
      unlisted.clear();
    },
  };
}
