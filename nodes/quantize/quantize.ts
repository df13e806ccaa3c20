import { streamSeed } from '../../lib/random/generator';
import { createFirstLosses } from '../../lib/residual/first-losses';
import { finerBy, quantizeUpdate } from '../../lib/update/codecs/methods';
import { checked } from '../shared/checked';
import { residualStore, serveCompressor } from '../shared/compressor';
import type { FlowNode, Red, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { readOptions } from './options';

export = (RED: Red): void => {
  function FlQuantize(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings));
    const store = residualStore(RED);
    const firstLosses = createFirstLosses(this.id, store);
    serveCompressor(RED, this, shell, store, async (fl) => {
      const { method: chosen, feedback, isRising, seed } = options();
      const method = isRising ? finerBy(chosen, await firstLosses.of(fl)) : chosen;
      const own = streamSeed(seed, 'quantize', fl.federation, fl.round, fl.client);
      return {
        feedback: feedback ? { name: 'residual' } : undefined,
        code: (update) => quantizeUpdate(update, method, own),
      };
    });
  }
  RED.nodes.registerType('fl-quantize', FlQuantize);
};
