/** The own network of a client of a federation of predictions: how it is kept, and when it begins anew. */
import assert from 'node:assert/strict';
import { consensusModel, decodeDistilled, encodeDistilled } from '../../../lib/distillation';
import { federatedModel } from '../../../lib/federation';
import { firstWeights } from '../../../lib/federation/federated-model';
import type { OwnState } from '../../../lib/federation/own-weights';
import { calm, consensus, labels, make, network, options, says, spec, taskOf } from './one-client';

describe('the own network of a client', () => {
  const pair = { consensus, network };

  it('is the same to the bit when rounds are asked again after a restart', async () => {
    const run = async (breaks: number[]): Promise<Buffer[]> => {
      let disk: OwnState | undefined;
      const open = () =>
        make({
          state: disk && decodeDistilled(encodeDistilled(disk, pair), pair).state,
          save: async (state) => {
            disk = state;
          },
        }).learner;
      let learner = open();
      const updates: Buffer[] = [];
      for (let round = 1; round <= 4; round++) {
        let { payload } = await learner.learn(taskOf(round), calm);
        if (breaks.includes(round)) {
          learner = open();
          ({ payload } = await learner.learn(taskOf(round), calm));
        }
        updates.push(payload);
      }
      return updates;
    };
    const plain = await run([]);
    for (const breaks of [[1], [2, 3], [1, 2, 3, 4]]) assert.deepEqual(await run(breaks), plain);
  });

  it('is on the disk before the answer goes out; that it could not be written stops nothing', async () => {
    const order: string[] = [];
    const good = make({
      save: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push('saved');
      },
    });
    await good.learner.learn(taskOf(1), calm).then(() => order.push('answered'));
    assert.deepEqual(order, ['saved', 'answered']);
    const full = make({ save: () => Promise.reject(new Error('no space')) });
    assert.equal((await full.learner.learn(taskOf(1), calm)).payload.length, 240);
    assert.deepEqual(
      full.trouble.map(({ code }) => code),
      ['distill-not-kept'],
    );
  });

  it('begins anew with the federation, and says so; it is forgotten when told', async () => {
    const { learner, jobs, trouble } = make();
    await learner.learn(taskOf(5), calm);
    assert.deepEqual(trouble, []);
    await learner.learn(taskOf(1), calm);
    assert.deepEqual(
      trouble.map(({ code }) => code),
      ['distill-anew'],
    );
    assert.deepEqual(jobs[jobs.length - 1].weights, firstWeights(network));
    await learner.learn(taskOf(2), calm);
    await learner.forget();
    await learner.learn(taskOf(3), calm);
    assert.deepEqual(jobs[jobs.length - 2].weights, firstWeights(network));
  });

  it('is dropped with a sentence when it is of another network, of other rows, or damaged', () => {
    const state: OwnState = { round: 3, before: firstWeights(network), after: firstWeights(network).fill(2) };
    const record = encodeDistilled(state, pair);
    assert.deepEqual(decodeDistilled(record, pair), { state });
    assert.deepEqual(decodeDistilled(undefined, pair), {});
    const { after: vector } = record.parts;
    const others = [
      decodeDistilled(record, { ...pair, network: federatedModel(spec({ seed: 9 })) }),
      decodeDistilled(record, { ...pair, network: federatedModel(spec(), 'none') }),
      decodeDistilled(record, { ...pair, consensus: consensusModel({ digest: '0'.repeat(16), rows: 20, labels }) }),
      decodeDistilled({ ...record, parts: { after: vector.subarray(4) } }, pair),
      decodeDistilled({ ...record, parts: { after: new Uint8Array(vector.length).fill(255) } }, pair),
    ];
    for (const { state: none, notice } of others) {
      assert.equal(none, undefined);
      assert.match(notice ?? '', /dropped, and begins anew\.$/);
    }
  });

  it('is told of again, as the last one, when nobody is asked any more', async () => {
    const { learner, made } = make();
    const heard = { round: 3, weights: says(3) };
    learner.hear?.(heard, { options, final: true });
    assert.equal(made.length, 0, 'it has learned nothing yet');
    await learner.learn(taskOf(2), calm);
    learner.hear?.(heard, { options, final: false });
    learner.hear?.(heard);
    learner.hear?.(heard, { options, final: true });
    assert.deepEqual(
      made.map(({ round, final }) => [round, final]),
      [
        [3, false],
        [3, true],
      ],
    );
    assert.deepEqual(made[1].weights, made[0].weights);
  });
});
