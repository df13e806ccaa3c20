/** Whole federations whose updates are thinned out: what is saved, and what it costs in learning. */
import assert from 'node:assert/strict';
import { type StrategyName, strategyNames } from '../../../lib/federation';
import { createResiduals, type Feedback } from '../../../lib/residual';
import { applyCodec } from '../../../lib/update/codecs/registry';
import type { SparsifyOptions } from '../../../lib/update/codecs/sparsify';
import type { Message, UpdateHeader } from '../../../lib/update/message';
import { toyFederation } from '../federation/toy';

const clients = ['a', 'b', 'c', 'd'];

interface Thin {
  sparsify?: SparsifyOptions;
  feedback?: Feedback;
  bits?: number;
  strategy?: StrategyName;
}

const isUpdate = (message: Message): message is Message<UpdateHeader> => message.fl.kind === 'update';

/** Sparsify, and quantise behind it, each with feedback of its own if any. The last loss, and the bytes of an update. */
async function run(
  { sparsify, feedback, bits, strategy = 'fedavg' }: Thin,
  rounds = 30,
): Promise<{ loss: number; bytes: number }> {
  const thinned = createResiduals('sparsify');
  let bytes = 0;
  const pass = async (message: Message<UpdateHeader>): Promise<Message<UpdateHeader>> => {
    let out = message;
    if (sparsify) {
      const seed = message.fl.round;
      const code = (one: Message<UpdateHeader>) => applyCodec(one, 'sparsify', { ...sparsify, seed });
      if (feedback) out = await thinned.compress(out, feedback, code);
      else out = { payload: code(out).payload, fl: { ...out.fl, codecs: code(out).codecs } };
    }
    if (bits) {
      const { payload, codecs } = applyCodec(out, 'quantize', { bits });
      out = { payload, fl: { ...out.fl, codecs } };
    }
    return out;
  };
  const toy = await toyFederation({
    clients,
    options: { rounds, minClients: clients.length, quorum: clients.length, strategy: { name: strategy } },
    up(message, deliver) {
      if (!isUpdate(message)) return message;
      pass(message).then((out) => {
        bytes = out.payload.length;
        deliver(out);
      });
      return undefined;
    },
  });
  for (const participant of toy.participants.values()) participant.samplesChanged();
  await toy.settle();
  assert.deepEqual(toy.refused, []);
  assert.equal(toy.metrics.length, rounds);
  await toy.close();
  return { loss: toy.metrics.at(-1)?.loss ?? Number.NaN, bytes };
}

describe('federations of thinned updates', () => {
  // One of three numbers: of the plane that the toy learns the others wait.
  const third: SparsifyOptions = { method: 'top-k', share: 0.34, per: 'all' };

  it('with error feedback come to where whole updates come, without it they do not', async () => {
    const whole = await run({});
    const fed = await run({ sparsify: third, feedback: { name: 'residual' } });
    const lossy = await run({ sparsify: third });
    assert.ok(fed.bytes < whole.bytes);
    assert.ok(fed.loss < 2 * whole.loss + 0.01, `${fed.loss} of ${whole.loss}`);
    assert.ok(lossy.loss > fed.loss, `${lossy.loss}, with feedback ${fed.loss}`);
  });

  it('learn with momentum correction, with quantised numbers behind, and with control variates', async () => {
    const whole = await run({});
    const runs: Thin[] = [
      { sparsify: third, feedback: { name: 'momentum', momentum: 0.5 } },
      { sparsify: third, feedback: { name: 'residual' }, bits: 8 },
      { sparsify: { method: 'threshold', threshold: 0.02 }, feedback: { name: 'residual' } },
      { sparsify: { method: 'random-k', share: 0.34, per: 'all' }, feedback: { name: 'residual' } },
      { sparsify: { ...third, per: 'tensor' }, feedback: { name: 'residual' }, strategy: 'scaffold' },
    ];
    for (const one of runs) {
      // By lot each number goes in one of three rounds.
      const { loss } = await run(one, one.sparsify?.method === 'random-k' ? 90 : 30);
      assert.ok(loss < 4 * whole.loss + 0.05, `${JSON.stringify(one)}: ${loss} of ${whole.loss}`);
    }
  });

  it('go with every strategy, also with those whose clients keep a vector or choose a group', async () => {
    for (const strategy of strategyNames) {
      const { loss } = await run(
        { sparsify: { method: 'top-k', share: 0.67 }, feedback: { name: 'residual' }, strategy },
        4,
      );
      assert.ok(Number.isFinite(loss), strategy);
    }
  });
});
