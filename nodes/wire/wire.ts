import { RefusedError } from '../../lib/refused';
import type { Message } from '../../lib/update/message';
import { decodeWire, encodeWire } from '../../lib/update/wire';
import { checked } from '../shared/checked';
import { registerKeys } from '../shared/key-route';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { type Options, readOptions } from './options';

/** Messages that may wait for their turn. */
const MOST_WAITING = 1000;

/** Which way a message goes: one with a header becomes bytes. */
function directionOf(msg: FlowMessage, { direction }: Options): 'pack' | 'unpack' {
  if (direction !== 'auto') return direction;
  return typeof msg.fl === 'object' && msg.fl !== null ? 'pack' : 'unpack';
}

export = (RED: Red): void => {
  registerKeys(RED);

  function FlWire(this: FlowNode & { credentials?: { privateKey?: unknown } }, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings, this.credentials?.privateKey));
    /** Signing happens beside the event loop: one after the other keeps the order. */
    let last: Promise<void> = Promise.resolve();
    let waiting = 0;

    async function pack(msg: FlowMessage, send: Send): Promise<void> {
      // encodeWire checks the message as a whole.
      const bytes = await encodeWire(msg as unknown as Message, { signer: options().signer });
      delete msg.fl;
      delete msg.unpacked;
      msg.payload = bytes;
      // So that MQTT 5 hands over bytes and not text.
      msg.contentType = 'application/octet-stream';
      shell.status.ready('status.packed', { bytes: bytes.length });
      send(msg);
    }

    async function unpack(msg: FlowMessage, send: Send): Promise<void> {
      const { payload } = msg;
      const { message, signer, verified } = await decodeWire(payload, { trust: options().trust });
      msg.payload = message.payload;
      msg.fl = message.fl;
      // Who says it in a message of the flow proves nothing.
      delete msg.signer;
      if (verified) msg.signer = signer;
      // So that who must not take a stranger's word for a neighbour's can tell.
      msg.unpacked = true;
      delete msg.contentType;
      shell.status.ready('status.unpacked', { bytes: (payload as Uint8Array).length });
      send(msg);
    }

    shell.onInput(async (msg, send) => {
      const work = directionOf(msg, options()) === 'pack' ? pack : unpack;
      if (waiting >= MOST_WAITING) throw new RefusedError('too-fast', RED._('runtime.tooFast'));
      waiting++;
      const mine = last.then(() => work(msg, send));
      last = mine.catch(() => {}).finally(() => waiting--);
      await mine;
    });
  }
  RED.nodes.registerType('fl-wire', FlWire, { credentials: { privateKey: { type: 'password' } } });
};
