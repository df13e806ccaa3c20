/**
 * What the filters do alike that make an update smaller (fl-quantize, fl-sparsify): the update goes on with fewer bytes, all else
 * as it came. What an update leaves out is remembered where that is chosen, and on the disk until the node is deleted.
 */
import { RefusedError } from '../../lib/refused';
import type { Feedback } from '../../lib/residual/feedback';
import { forgetFilter } from '../../lib/residual/forget';
import { createResiduals } from '../../lib/residual/residuals';
import { createStore, type Store } from '../../lib/state/store';
import type { Coded } from '../../lib/update/codecs/registry';
import type { Message, UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { vectorSize } from '../../lib/update/vector';
import { isKind } from './global-model';
import { stateFolder } from './model';
import type { FlowMessage, FlowNode, Red, Send } from './red';
import type { Shell } from './shell';

export interface Compression {
  /** Absent: what is left out is lost. */
  feedback?: Feedback | undefined;
  code(update: Message<UpdateHeader>): Coded;
}

/** Where filters keep what they leave out. */
export const residualStore = (RED: Red): Store => createStore(stateFolder(RED, 'residuals'));

/** `compressionOf` is asked anew for each update. */
export function serveCompressor(
  RED: Red,
  node: FlowNode,
  shell: Shell,
  store: Store,
  compressionOf: (fl: UpdateHeader) => Compression | Promise<Compression>,
): void {
  const residuals = createResiduals(node.id, store);
  shell.onClose(async (removed) => {
    await store.settle();
    if (removed) await forgetFilter(node.id, store);
  });

  async function compress(msg: FlowMessage, send: Send): Promise<void> {
    const update = parseMessage(msg) as Message<UpdateHeader>;
    const { feedback, code } = await compressionOf(update.fl);
    const plain = (): Message<UpdateHeader> => {
      const { payload, codecs } = code(update);
      return { fl: { ...update.fl, codecs }, payload };
    };
    const out = feedback ? await residuals.compress(update, feedback, code) : plain();
    const ratio = (4 * vectorSize(update.fl.tensors)) / Math.max(1, out.payload.length);
    shell.status.ready('status.ratio', { ratio: ratio.toFixed(1) });
    msg.payload = out.payload;
    msg.fl = out.fl;
    send(msg);
  }

  shell.onInput((msg, send) => {
    if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
    if (isKind(msg, 'update')) return compress(msg, send);
    send(msg);
    return undefined;
  });
}
