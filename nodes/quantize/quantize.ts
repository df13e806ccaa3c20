import { streamSeed } from '../../lib/random/generator';
import { RefusedError } from '../../lib/refused';
import { quantizeUpdate } from '../../lib/update/codecs/methods';
import type { UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { vectorSize } from '../../lib/update/vector';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import type { FlowNode, Red, Settings } from '../shared/red';
import { number } from '../shared/settings';
import { createShell } from '../shared/shell';
import { readMethod } from './options';

export = (RED: Red): void => {
  function FlQuantize(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => ({
      method: readMethod(settings),
      seed: number(settings, 'seed', 1, { min: 0, max: 0xffffffff, integer: true }),
    }));

    shell.onInput((msg, send) => {
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
      if (!isKind(msg, 'update')) {
        send(msg);
        return;
      }
      const update = parseMessage(msg);
      const fl = update.fl as UpdateHeader;
      const { seed, method } = options();
      const own = streamSeed(seed, 'quantize', fl.federation, fl.round, fl.client);
      const coded = quantizeUpdate({ fl, payload: update.payload }, method, own);
      const ratio = (4 * vectorSize(fl.tensors)) / Math.max(1, coded.payload.length);
      shell.status.ready('status.ratio', { ratio: ratio.toFixed(1) });
      msg.payload = coded.payload;
      msg.fl = { ...fl, codecs: coded.codecs };
      send(msg);
    });
  }
  RED.nodes.registerType('fl-quantize', FlQuantize);
};
