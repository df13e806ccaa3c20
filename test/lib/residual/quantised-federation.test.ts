/** Whole federations whose updates have few bits: what is saved, and what it costs in learning. */
import assert from 'node:assert/strict';
import { createResiduals } from '../../../lib/residual';
import { type QuantizeMethod, quantizeUpdate, withFeedback } from '../../../lib/update/codecs/methods';
import type { Message, UpdateHeader } from '../../../lib/update/message';
import { toyFederation } from '../federation/toy';

const clients = ['a', 'b', 'c', 'd'];
const rounds = 40;

const isUpdate = (message: Message): message is Message<UpdateHeader> => message.fl.kind === 'update';

/** The last loss. */
async function lossWith(method: QuantizeMethod | undefined, feedback: boolean): Promise<number> {
  const residuals = createResiduals('quantize');
  const pass = async (message: Message<UpdateHeader>): Promise<Message<UpdateHeader>> => {
    if (!method) return message;
    const seed = message.fl.round * 10 + clients.indexOf(message.fl.client);
    if (feedback) {
      return residuals.compress(message, { name: 'residual' }, (one) =>
        quantizeUpdate(one, withFeedback(method), seed),
      );
    }
    const { payload, codecs } = quantizeUpdate(message, method, seed);
    return { payload, fl: { ...message.fl, codecs } };
  };
  const toy = await toyFederation({
    clients,
    options: { rounds, minClients: clients.length, quorum: clients.length },
    up(message, deliver) {
      if (!isUpdate(message)) return message;
      pass(message).then(deliver);
      return undefined;
    },
  });
  for (const participant of toy.participants.values()) participant.samplesChanged();
  await toy.settle();
  assert.deepEqual(toy.refused, []);
  assert.equal(toy.metrics.length, rounds);
  await toy.close();
  return toy.metrics.at(-1)?.loss ?? Number.NaN;
}

describe('federations of quantised updates', () => {
  it('of every method come to where exact ones come', async () => {
    const exact = await lossWith(undefined, false);
    const methods: [QuantizeMethod, feedback: boolean][] = [
      [{ bits: 8 }, false],
      [{ bits: 2 }, true],
      [{ method: 'eden', bits: 4 }, false],
      [{ method: 'eden', bits: 2 }, true],
      [{ method: 'drive' }, true],
      [{ method: 'sign' }, true],
      [{ method: 'terngrad' }, false],
      [{ method: 'qsgd', levels: 8 }, false],
    ];
    for (const [method, feedback] of methods) {
      const loss = await lossWith(method, feedback);
      assert.ok(loss < 1.5 * exact + 0.01, `${JSON.stringify(method)}: ${loss} of ${exact}`);
    }
  });
});
