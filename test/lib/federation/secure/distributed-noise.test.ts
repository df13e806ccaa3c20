/** Noise of which each client adds a part: with masks the federation learns from it, without them it is refused. */
import assert from 'node:assert/strict';
import type { FederationHeader, Message, PrivacyClaim } from '../../../../lib/update/message';
import { toyFederation } from '../toy';
import { type MaskedToy, maskedToy } from './masked-toy';

const clients = ['a', 'b', 'c', 'd', 'e'];
const DEADLINE = 60_000;
const claim: PrivacyClaim = {
  ...{ mode: 'distributed', clients: 4, clippingNorm: 32, noiseMultiplier: 0.001, delta: 1e-5, epsilon: 2 },
};
const made = (message: Message<FederationHeader>): Message<FederationHeader> =>
  message.fl.kind === 'update' ? { ...message, fl: { ...message.fl, privacy: claim } } : message;

async function pass(toy: MaskedToy): Promise<void> {
  for (let quarter = 0; quarter < 9; quarter++) {
    await toy.settle();
    toy.clock.advance(DEADLINE / 4);
  }
  await toy.settle();
}

describe('a federation with distributed noise', () => {
  it('weighs all alike, and tells what was spent', async () => {
    const toy = await maskedToy({ clients, made, options: { rounds: 1 } });
    await pass(toy);
    const [told] = toy.metrics;
    assert.deepEqual([toy.refused, toy.complaints], [[], []]);
    assert.deepEqual(told.secure, { masked: 5, dropped: 0 });
    assert.equal(told.privacy?.mode, 'distributed');
    assert.equal(told.privacy?.epsilon, 2);
    await toy.close();
  });

  it('voids a round of which the noise is not whole, and says so', async () => {
    const up = (message: Message<FederationHeader>, client: string): unknown =>
      message.fl.kind === 'update' && ['d', 'e'].includes(client) ? undefined : message;
    const toy = await maskedToy({ clients, made, up, options: { rounds: 1 } });
    await pass(toy);
    assert.match(toy.metrics[0]?.void ?? '', /Only 3 masked updates came, and their noise is whole in the sum of 4/);
    await toy.close();
  });

  it('is refused without masks: a part protects little', async () => {
    const toy = await toyFederation({
      clients,
      options: { minClients: 5, quorum: 3, rounds: 1 },
      up: (message) => made(message),
    });
    for (const participant of toy.participants.values()) participant.samplesChanged();
    await toy.settle();
    assert.ok(
      toy.refused.some(
        ({ code, message }) => code === 'privacy-secure' && /switch secure aggregation on/.test(message),
      ),
    );
    await toy.close();
  });
});
