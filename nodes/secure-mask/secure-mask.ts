import type { NodeMessage } from 'node-red';
import { createMasker, type MaskerEvent } from '../../lib/federation/secure/masker';
import { RefusedError } from '../../lib/refused';
import type { Message } from '../../lib/update/message';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import { registerKeys } from '../shared/key-route';
import { detached, type FlowMessage, type FlowNode, type Red, type Settings } from '../shared/red';
import { collectRefusals } from '../shared/refusals';
import { choice, flag, number } from '../shared/settings';
import { createShell, type Shell } from '../shared/shell';
import { signerOf, trustOf } from '../shared/signing';
import { sharedTurns } from './shared-turns';

const ofClients = ['join', 'statistics', 'update', 'decline'] as const;

const readOptions = (settings: Settings, privateKey: unknown) => ({
  minClients: number(settings, 'minClients', 3, { min: 3, max: 1000, integer: true }),
  statistics: choice(settings, 'statistics', ['refuse', 'pass'] as const, 'refuse'),
  ...(flag(settings, 'sign', false)
    ? { identity: { signer: signerOf(settings, privateKey), trust: trustOf(settings) } }
    : {}),
});

function show({ status }: Shell, { event, round }: MaskerEvent): void {
  if (event === 'agreeing') status.working('status.agreeing', { round });
  else if (event === 'left-out') status.waiting('status.left', { round });
  else status.ready(`status.${event}`, { round });
}

export = (RED: Red): void => {
  registerKeys(RED);

  function FlSecureMask(this: FlowNode & { credentials?: { privateKey?: unknown } }, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const refusals = collectRefusals(shell);
    shell.status.waiting('status.waiting');

    /** In the message that it came in, where it came in one. */
    const put = (message: Message, msg: FlowMessage | undefined): void => {
      if (shell.closing.aborted) return;
      this.send([Object.assign(msg ?? {}, detached(message)) as NodeMessage, null]);
    };
    const masker = checked(shell, () =>
      createMasker<FlowMessage>({
        ...readOptions(settings, this.credentials?.privateKey),
        turns: sharedTurns(RED),
        send: put,
        onEvent: (payload) => {
          if (shell.closing.aborted) return;
          show(shell, payload);
          this.send([null, { topic: 'fl/secure', payload: { ...payload } }]);
        },
        onRefused: refusals.take,
      }),
    );

    shell.onInput((msg) => {
      const { receive } = masker();
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notMessage'));
      // Both wires end here: what a client says must not come from outside, where others could put it in its place.
      if (msg.unpacked === true && ofClients.some((kind) => isKind(msg, kind))) {
        throw new RefusedError('from-outside', RED._('runtime.fromOutside'));
      }
      refusals.during(() => receive(msg, msg));
    });
    shell.onClose(() => masker().close());
  }
  RED.nodes.registerType('fl-secure-mask', FlSecureMask, { credentials: { privateKey: { type: 'password' } } });
};
