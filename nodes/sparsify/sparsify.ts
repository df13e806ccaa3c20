import { streamSeed } from '../../lib/random/generator';
import { RefusedError } from '../../lib/refused';
import { createResiduals } from '../../lib/residual/residuals';
import { createStore } from '../../lib/state/store';
import { applyCodec } from '../../lib/update/codecs/registry';
import type { Message, UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { vectorSize } from '../../lib/update/vector';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import { stateFolder } from '../shared/model';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { readOptions } from './options';

export = (RED: Red): void => {
  function FlSparsify(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings));
    const store = createStore(stateFolder(RED, 'residuals'));
    shell.onClose(() => store.settle());
    const residuals = createResiduals(this.id, store);

    async function thin(msg: FlowMessage, send: Send): Promise<void> {
      const { feedback, at, seed } = options();
      const update = parseMessage(msg) as Message<UpdateHeader>;
      const { federation, round, client, tensors } = update.fl;
      const seeds = {
        own: streamSeed(seed, 'sparsify', federation, round, client),
        common: streamSeed(seed, 'sparsify', federation, round),
      };
      const code = (one: Message<UpdateHeader>) => applyCodec(one, 'sparsify', at(round, seeds));
      const plain = (): Message<UpdateHeader> => {
        const { payload, codecs } = code(update);
        return { fl: { ...update.fl, codecs }, payload };
      };
      const out = feedback ? await residuals.compress(update, feedback, code) : plain();
      const ratio = (4 * vectorSize(tensors)) / out.payload.length;
      shell.status.ready('status.ratio', { ratio: ratio.toFixed(1) });
      msg.payload = out.payload;
      msg.fl = out.fl;
      send(msg);
    }

    shell.onInput((msg, send) => {
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
      if (isKind(msg, 'update')) return thin(msg, send);
      send(msg);
      return undefined;
    });
  }
  RED.nodes.registerType('fl-sparsify', FlSparsify);
};
