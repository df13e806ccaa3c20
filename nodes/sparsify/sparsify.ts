import { streamSeed } from '../../lib/random/generator';
import { applyCodec } from '../../lib/update/codecs/registry';
import { checked } from '../shared/checked';
import { residualStore, serveCompressor } from '../shared/compressor';
import type { FlowNode, Red, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { readOptions } from './options';

export = (RED: Red): void => {
  function FlSparsify(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings));
    serveCompressor(RED, this, shell, residualStore(RED), ({ federation, round, client }) => {
      const { feedback, at, seed } = options();
      const seeds = {
        own: streamSeed(seed, 'sparsify', federation, round, client),
        common: streamSeed(seed, 'sparsify', federation, round),
      };
      return { feedback, code: (update) => applyCodec(update, 'sparsify', at(round, seeds)) };
    });
  }
  RED.nodes.registerType('fl-sparsify', FlSparsify);
};
