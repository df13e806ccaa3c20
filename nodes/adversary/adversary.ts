import { attacks, createRedTeam, isAttacked, type Passed, type RedTeam } from '../../lib/attack';
import type { Kind } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { adversaryOptions } from './options';

interface Item {
  msg: FlowMessage;
  send: Send;
}

/** Clients that are counted in the status. */
const MOST_SEEN = 10_000;

/** What a red team looks at when it attacks samples, or what participants say. Everything else goes on unread. */
const looked: Readonly<Record<'samples' | 'update', readonly Kind[]>> = {
  samples: ['samples'],
  update: ['update', 'decline', 'join', 'statistics', 'model'],
};

export = (RED: Red): void => {
  function FlAdversary(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const seen = new Map<string, boolean>();
    shell.status.waiting('status.waiting');

    const emit = (passed: readonly Passed<Item>[]): void => {
      const used = new Set<FlowMessage>();
      for (const { item, message, changed } of passed) {
        // The message of the flow is used once; what is said under further names is a message beside it.
        const msg = used.has(item.msg) ? { ...item.msg } : item.msg;
        used.add(item.msg);
        if (changed) {
          msg.fl = message.fl;
          msg.payload = message.payload;
        }
        item.send(msg);
      }
    };
    const options = checked(shell, () => {
      const parts = adversaryOptions(settings);
      const red: RedTeam<Item> = createRedTeam({
        ...parts,
        onHold: (key, milliseconds) => {
          shell.after(milliseconds, () => emit(red.release(key)));
        },
      });
      return { ...parts, red };
    });

    const show = (client: string): void => {
      const { attacked } = options();
      if (seen.size < MOST_SEEN) seen.set(client, isAttacked(client, attacked));
      const count = [...seen.values()].filter(Boolean).length;
      shell.status.ready('status.attacking', { count, all: seen.size });
    };

    shell.onInput((msg, send) => {
      const { attack, red } = options();
      if (!looked[attacks[attack.name]].some((kind) => isKind(msg, kind))) {
        send(msg);
        return;
      }
      const message = parseMessage(msg);
      if ('client' in message.fl && message.fl.client !== undefined) show(message.fl.client);
      emit(red.take({ msg, send }, message));
    });
  }
  RED.nodes.registerType('fl-adversary', FlAdversary);
};
