import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import type { FederationHeader, Message } from '../../../../lib/update/message';
import { parseMessage } from '../../../../lib/update/validate';
import { type Toy, type ToyWish, toyFederation } from '../../federation/toy';
import { hostileValue, mutateBytes, mutateValue } from './mutate';

const clients = ['a', 'b', 'c'];
const options = { rounds: 6, minClients: 3, quorum: 3, deadlineMs: 1000 };

async function learned(wish: ToyWish): Promise<Toy> {
  const toy = await toyFederation({ clients, options, ...wish });
  await toy.settle();
  assert.equal(toy.coordinator.snapshot().phase, 'finished');
  return toy;
}

/** A join that the gate takes would rightly change who is asked. */
function isJoin(message: unknown): boolean {
  try {
    return parseMessage(message).fl.kind === 'join';
  } catch {
    return false;
  }
}

describe('fuzz of a federation', function () {
  this.timeout(120_000);

  it('learns the same bits among 20,000 replays, wrong rounds, foreign answers and mutations', async () => {
    const random = generator(3, 'fuzz federation');
    const undisturbed = await learned({});
    const past: Message<FederationHeader>[] = [];
    let sent = 0;

    /** An answer that no longer counts, or of nobody who was asked; most with something broken besides. */
    const wrongful = (now: Message<FederationHeader>): unknown => {
      const old = past.length > 0 && random.below(3) > 0;
      const from = old ? past[random.below(past.length)] : now;
      const fl: Record<string, unknown> = structuredClone({ ...from.fl });
      const message = { fl: fl as unknown, payload: from.payload as unknown };
      if (!old) {
        if (random.below(2) === 0) fl.client = `stranger-${random.below(5)}`;
        else fl.round = random.below(1000) + 50;
      }
      if (random.below(4) === 0) return message;
      if (random.below(4) === 0) message.payload = mutateBytes(from.payload, random);
      else if (random.below(8) === 0) message.payload = hostileValue(random);
      else {
        const { client, round, attempt } = fl;
        mutateValue(fl, random);
        // What makes it wrongful stays.
        Object.assign(fl, { client, round, attempt });
      }
      return message;
    };

    const disturbed = await learned({
      up(message, deliver) {
        if (message.fl.kind === 'join') return message;
        for (let i = 0; i < 1200; i++) {
          const bad = wrongful(message);
          if (isJoin(bad)) continue;
          sent++;
          deliver(bad);
        }
        past.push(message);
        return message;
      },
    });
    assert.ok(sent > 20_000, `${sent}`);
    assert.deepEqual(disturbed.coordinator.snapshot().weights, undisturbed.coordinator.snapshot().weights);
    assert.deepEqual(
      disturbed.metrics.map(({ cohort, updates, loss }) => [cohort, updates, loss]),
      undisturbed.metrics.map(({ cohort, updates, loss }) => [cohort, updates, loss]),
    );
    const codes = new Set(disturbed.refused.map(({ code }) => code));
    for (const code of ['late', 'header', 'payload-size']) assert.ok(codes.has(code), `${code} of ${[...codes]}`);
    await undisturbed.close();
    await disturbed.close();
  });
});
