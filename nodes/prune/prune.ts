import { createPruner, forgetMasks } from '../../lib/prune/pruner';
import { RefusedError } from '../../lib/refused';
import { createStore } from '../../lib/state/store';
import type { Message, ModelHeader, UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { isKind } from '../shared/global-model';
import { leaseKernels } from '../shared/kernels';
import { findModel, stateFolder, whenModelChosen } from '../shared/model';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { readOptions } from './options';

/** What a client says goes to the aggregator, and all else to the clients. */
const isFromClient = ({ fl }: FlowMessage): boolean => typeof fl === 'object' && fl !== null && 'client' in fl;

export = (RED: Red): void => {
  function FlPrune(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const kernels = leaseKernels(RED, shell.closing);
    shell.status.waiting('status.waiting');

    const store = createStore(stateFolder(RED, 'prune'));
    shell.onClose(async (removed) => {
      await store.settle();
      if (removed) await forgetMasks(this.id, store);
    });
    const opened = (async () => {
      const model = await findModel(RED, settings.model);
      const parts = { ...readOptions(settings), kernels: await kernels.get(), name: this.id, store };
      return { pruner: createPruner({ model, ...parts }), size: model.layout.size };
    })();
    whenModelChosen(shell, settings, () => opened.then(() => {}));
    opened.catch(() => {});

    async function prune(msg: FlowMessage, send: Send): Promise<void> {
      const { pruner, size } = await opened;
      const { message, pruned } = await pruner.model(parseMessage(msg) as Message<ModelHeader>);
      if (message.fl.personal === undefined) {
        shell.status.ready('status.pruned', { share: ((100 * pruned) / size).toFixed(1) });
      }
      msg.payload = message.payload;
      send([msg, null]);
    }

    async function thin(msg: FlowMessage, send: Send): Promise<void> {
      const { pruner } = await opened;
      const { message } = await pruner.update(parseMessage(msg) as Message<UpdateHeader>);
      msg.payload = message.payload;
      msg.fl = message.fl;
      send([null, msg]);
    }

    shell.onInput((msg, send) => {
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notFederation'));
      if (isKind(msg, 'model')) return prune(msg, send);
      if (isKind(msg, 'update')) return thin(msg, send);
      send(isFromClient(msg) ? [null, msg] : [msg, null]);
      return undefined;
    });
  }
  RED.nodes.registerType('fl-prune', FlPrune);
};
