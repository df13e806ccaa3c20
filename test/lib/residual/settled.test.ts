/** A whole federation with a filter that remembers on the way of its updates: what it is told of what has counted. */
import assert from 'node:assert/strict';
import { createResiduals } from '../../../lib/residual';
import { applyCodec, decodeAll } from '../../../lib/update/codecs/registry';
import type { Message, UpdateHeader } from '../../../lib/update/message';
import { readVector } from '../../../lib/update/vector';
import { type Toy, toyFederation } from '../federation/toy';

const isUpdate = (message: Message): message is Message<UpdateHeader> => message.fl.kind === 'update';

interface Seen {
  fl: UpdateHeader;
  change: Float32Array;
  whole: Float32Array;
  sent: Float32Array;
}

/** A filter as a node has it: it answers in its own time. `loses`: which updates never get to the aggregator. */
function filter(seen: Seen[], loses: (fl: UpdateHeader) => boolean) {
  const residuals = createResiduals('q');
  return (message: Message, deliver: (message: unknown) => void): unknown => {
    if (!isUpdate(message)) return message;
    const { fl, payload } = message;
    residuals
      .compress(message, { name: 'residual' }, (one) => {
        const coded = applyCodec(one, 'quantize', { bits: 2 });
        seen.push({
          fl,
          change: readVector(payload, 3).slice(),
          whole: readVector(one.payload, 3).slice(),
          sent: decodeAll(coded.payload, coded.codecs, fl.tensors),
        });
        return coded;
      })
      .then((out) => {
        if (!loses(fl)) deliver(out);
      });
    return undefined;
  };
}

async function run(toy: Toy, rounds: number): Promise<void> {
  for (const participant of toy.participants.values()) participant.samplesChanged();
  await toy.settle();
  for (let waits = 0; waits < 20 && toy.metrics.length < rounds; waits++) {
    toy.clock.advance(60_000);
    await toy.settle();
  }
}

describe('a filter that remembers', () => {
  it('is told round by round what of its updates has counted, also when some are lost and a round is void', async () => {
    const seen: Seen[] = [];
    const lost = (fl: UpdateHeader): boolean =>
      (fl.client === 'b' && (fl.round === 1 || fl.round === 4)) || (fl.round === 3 && fl.attempt.endsWith(voidAt));
    // All answers of the first asking of round 3 are lost: it is asked again.
    let voidAt = 'none';
    const toy = await toyFederation({
      clients: ['a', 'b', 'c'],
      options: { rounds: 6, minClients: 3, quorum: 2, deadlineMs: 50_000 },
      up: filter(seen, (fl) => {
        if (fl.round === 3 && voidAt === 'none') voidAt = fl.attempt;
        return lost(fl);
      }),
    });
    await run(toy, 7);
    const voids = toy.metrics.filter((record) => record.void !== undefined);
    assert.equal(voids.length, 1);
    assert.deepEqual(toy.refused, []);
    for (const client of ['a', 'b', 'c']) {
      let kept = new Float64Array(3);
      let last = 0;
      for (const { fl, change, whole, sent } of seen.filter((one) => one.fl.client === client)) {
        // In the first round nobody has asked for it yet.
        assert.equal(fl.settled, fl.round === 1 ? undefined : last, `${client}, round ${fl.round}`);
        const expected = kept.map((value, i) => value + change[i]);
        expected.forEach((value, i) => {
          assert.ok(Math.abs(whole[i] - value) <= 1e-5 * Math.max(1, Math.abs(value)), `${client}, round ${fl.round}`);
        });
        if (lost(fl)) continue;
        kept = expected.map((value, i) => value - sent[i]);
        last = fl.round;
      }
      assert.equal(last, 6);
    }
    await toy.close();
  });

  it('is told nothing where no filter asks for it: the messages are as before', async () => {
    const toy = await toyFederation({ clients: ['a', 'b'], options: { rounds: 2 } });
    await run(toy, 2);
    assert.ok(toy.sent.length > 0);
    for (const { fl } of toy.sent) assert.ok(!('settled' in fl), fl.kind);
    await toy.close();
  });

  it('without rounds an update has counted once it is taken in, whichever version will hold it', async () => {
    const seen: Seen[] = [];
    const toy = await toyFederation({
      clients: ['a', 'b'],
      options: {
        rounds: 4,
        quorum: 1,
        timing: {
          mode: 'async',
          method: { name: 'fedbuff', bufferSize: 3, serverLearningRate: 1 },
          maxStaleness: 5,
        },
      },
      up: filter(seen, () => false),
    });
    await run(toy, 4);
    assert.deepEqual(toy.refused, []);
    const mine = seen.filter(({ fl }) => fl.client === 'a');
    assert.ok(mine.length > 3);
    let kept = new Float64Array(3);
    mine.forEach(({ fl, change, whole, sent }, i) => {
      assert.equal(fl.settled, i === 0 ? undefined : mine[i - 1].fl.round, `update ${i}`);
      const expected = kept.map((value, j) => value + change[j]);
      expected.forEach((value, j) => {
        assert.ok(Math.abs(whole[j] - value) <= 1e-5 * Math.max(1, Math.abs(value)), `update ${i}`);
      });
      kept = expected.map((value, j) => value - sent[j]);
    });
    await toy.close();
  });
});
