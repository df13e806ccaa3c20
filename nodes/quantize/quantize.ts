import { streamSeed } from '../../lib/random/generator';
import { RefusedError } from '../../lib/refused';
import type { QuantizeOptions } from '../../lib/update/codecs/quantize';
import { applyCodec } from '../../lib/update/codecs/registry';
import type { UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { vectorSize } from '../../lib/update/vector';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import type { FlowNode, Red, Settings } from '../shared/red';
import { choice, number } from '../shared/settings';
import { createShell } from '../shared/shell';

function readOptions(settings: Settings): QuantizeOptions & { seed: number } {
  const bits = number(settings, 'bits', 8, { min: 1, max: 16, integer: true });
  return {
    bits,
    rounding: choice<'nearest' | 'stochastic'>(settings, 'rounding', ['nearest', 'stochastic'], 'nearest'),
    per: choice<'tensor' | 'channel'>(settings, 'scale', ['tensor', 'channel'], 'tensor'),
    // One bit has no symmetric grid.
    grid:
      bits === 1 ? 'affine' : choice<'symmetric' | 'affine'>(settings, 'grid', ['symmetric', 'affine'], 'symmetric'),
    seed: number(settings, 'seed', 1, { min: 0, max: 0xffffffff, integer: true }),
  };
}

export = (RED: Red): void => {
  function FlQuantize(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings));

    shell.onInput((msg, send) => {
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
      if (!isKind(msg, 'update')) {
        send(msg);
        return;
      }
      const update = parseMessage(msg);
      const fl = update.fl as UpdateHeader;
      const { seed, ...how } = options();
      const own = streamSeed(seed, 'quantize', fl.federation, fl.round, fl.client);
      const coded = applyCodec({ fl, payload: update.payload }, 'quantize', { ...how, seed: own });
      const ratio = (4 * vectorSize(fl.tensors)) / Math.max(1, coded.payload.length);
      shell.status.ready('status.ratio', { ratio: ratio.toFixed(1) });
      msg.payload = coded.payload;
      msg.fl = { ...fl, codecs: coded.codecs };
      send(msg);
    });
  }
  RED.nodes.registerType('fl-quantize', FlQuantize);
};
