/** A federation whose clients do not believe their aggregator: signed sums, from the settings to the model. */
import assert from 'node:assert/strict';
import type { FederationHeader, Message } from '../../../../lib/update/message';
import { identitiesOf } from '../../privacy/secure/cohort';
import { toyFederation } from '../toy';
import { type MaskedToy, type MaskedWish, maskedToy, secure } from './masked-toy';

const clients = ['a', 'b', 'c', 'd', 'e'];
const DEADLINE = 60_000;
const identities = identitiesOf(clients);

async function oneRound(wish: Partial<MaskedWish>): Promise<MaskedToy> {
  const toy = await maskedToy({
    clients,
    identities,
    ...wish,
    options: { rounds: 1, secure: { ...secure, signed: true }, ...wish.options },
  });
  for (let quarter = 0; quarter < 9; quarter++) {
    await toy.settle();
    toy.clock.advance(DEADLINE / 4);
  }
  await toy.settle();
  return toy;
}

const steps = ({ up }: MaskedToy): string[] => [
  ...new Set(up.flatMap(({ fl }) => (fl.kind === 'secure' ? [fl.step as string] : []))),
];

describe('a federation of signed sums', () => {
  it('comes to the model of one without masks, and agrees on who is left before it is opened', async () => {
    const toy = await oneRound({});
    const plain = await toyFederation({ clients, options: { minClients: 5, quorum: 3, rounds: 1 } });
    for (const participant of plain.participants.values()) participant.samplesChanged();
    await plain.settle();
    const [found, wanted] = [toy, plain].map(({ coordinator }) => coordinator.snapshot().weights);
    for (const [i, value] of found.entries()) assert.ok(Math.abs(value - wanted[i]) < 1e-3);
    assert.deepEqual([toy.refused, toy.complaints], [[], []]);
    assert.deepEqual(steps(toy), ['keys', 'shares', 'survivors', 'unmask']);
    await toy.close();
    await plain.close();
  });

  it('goes on when one is gone before it signs who is left', async () => {
    let gone = false;
    const up = (message: Message<FederationHeader>, client: string): unknown => {
      if (client === 'b' && message.fl.kind === 'secure' && message.fl.step === 'survivors') gone = true;
      return gone && client === 'b' ? undefined : message;
    };
    const toy = await oneRound({ up });
    assert.deepEqual(toy.metrics[0]?.secure, { masked: 5, dropped: 0 });
    await toy.close();
  });

  it('leaves those out who do not sign, or whom the others do not know', async () => {
    const without = new Map([...identities].filter(([client]) => client !== 'c'));
    const toy = await oneRound({ identities: without });
    assert.equal(toy.metrics[0]?.void, undefined);
    assert.deepEqual(toy.metrics[0]?.secure, { masked: 4, dropped: 1 });
    assert.ok(
      toy.complaints.some(({ code, message }) => code === 'secure-keys' && /give "c" its private key/.test(message)),
    );
    assert.ok(toy.events.some((event) => event.event === 'left-out' && event.client === 'c'));
    await toy.close();
  });

  it('is refused by clients with a key when the aggregator wants none, and tells them why', async () => {
    const toy = await oneRound({ options: { secure } });
    assert.ok(
      toy.complaints.every(({ code, message }) => code === 'secure-keys' && /choose signed sums/.test(message)),
    );
    assert.ok(toy.complaints.length >= 5);
    assert.ok(toy.up.every(({ fl }) => fl.kind !== 'update'));
    await toy.close();
  });
});
