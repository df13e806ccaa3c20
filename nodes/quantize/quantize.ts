import { streamSeed } from '../../lib/random/generator';
import { RefusedError } from '../../lib/refused';
import { createFirstLosses } from '../../lib/residual/first-losses';
import { createResiduals } from '../../lib/residual/residuals';
import { createStore } from '../../lib/state/store';
import { finerBy, quantizeUpdate } from '../../lib/update/codecs/methods';
import type { Coded } from '../../lib/update/codecs/registry';
import type { Message, UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { vectorSize } from '../../lib/update/vector';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import { stateFolder } from '../shared/model';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { readOptions } from './options';

const withCodecs = (fl: UpdateHeader, { payload, codecs }: Coded): Message<UpdateHeader> => ({
  fl: { ...fl, codecs },
  payload,
});

export = (RED: Red): void => {
  function FlQuantize(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings));
    const store = createStore(stateFolder(RED, 'residuals'));
    const residuals = createResiduals(this.id, store);
    const firstLosses = createFirstLosses(this.id, store);
    shell.onClose(() => store.settle());

    async function quantise(msg: FlowMessage, send: Send): Promise<void> {
      const { method: chosen, feedback, isRising, seed } = options();
      const update = parseMessage(msg);
      const fl = update.fl as UpdateHeader;
      const method = isRising ? finerBy(chosen, await firstLosses.of(fl)) : chosen;
      const own = streamSeed(seed, 'quantize', fl.federation, fl.round, fl.client);
      const coded = (one: Pick<Message<UpdateHeader>, 'fl' | 'payload'>) => quantizeUpdate(one, method, own);
      const out = feedback
        ? await residuals.compress({ fl, payload: update.payload }, { name: 'residual' }, coded)
        : withCodecs(fl, coded({ fl, payload: update.payload }));
      const ratio = (4 * vectorSize(fl.tensors)) / Math.max(1, out.payload.length);
      shell.status.ready('status.ratio', { ratio: ratio.toFixed(1) });
      msg.payload = out.payload;
      msg.fl = out.fl;
      send(msg);
    }

    shell.onInput((msg, send) => {
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
      if (isKind(msg, 'update')) return quantise(msg, send);
      send(msg);
      return undefined;
    });
  }
  RED.nodes.registerType('fl-quantize', FlQuantize);
};
