import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import { cohort, holds, meanOf, play, type Way } from './cohort';

describe('a secure sum', () => {
  for (const count of [3, 4, 5, 8, 20, 33, 70, 100]) {
    it(`of ${count} clients is their weighted mean`, () => {
      const parts = cohort(count);
      holds(parts, play(parts), parts.clients);
    });
  }
  it('of 100 clients with ten neighbours each is it too', () => {
    const parts = { ...cohort(100), options: { neighbours: 10 } };
    holds(parts, play(parts), parts.clients);
  });

  it('counts each client alike when the weights are', () => {
    const { samples: _, ...parts } = cohort(6);
    const samples = [1, 1, 1, 1, 1, 1];
    const { result } = play({ ...parts, samples: [5, 900, 3, 77, 12, 800], uniform: true });
    const expected = meanOf({ ...parts, samples }, parts.clients);
    assert.equal(result?.samples, 6);
    for (const [i, value] of (result?.mean ?? []).entries()) assert.ok(Math.abs(value - expected[i]) < 1e-6);
  });

  it('is of other masks each time', () => {
    const parts = cohort(4);
    const [one, two] = [play(parts), play(parts)];
    for (const client of parts.clients) assert.notDeepEqual(one.payloads.get(client), two.payloads.get(client));
  });
});

/** Loses the answers of these clients at one step. */
const losing =
  (step: string, clients: readonly string[]): Way =>
  (message) =>
    message.fl.step === step && clients.includes(message.fl.client) ? undefined : message;

describe('a secure sum from which clients drop out', () => {
  const options = { threshold: 0.5 };
  const parts = { ...cohort(12), options };
  const some = ['plant-0', 'plant-4', 'plant-11'];
  const others = parts.clients.filter((client) => !some.includes(client));

  it('goes on without those who told no keys', () => {
    const played = play({ ...parts, way: losing('keys', some) });
    holds(parts, played, others);
    assert.deepEqual(played.ready?.out, some);
    // They hear that it goes on without them, and decline.
    assert.deepEqual(
      new Set(played.refused.map(({ who, code }) => `${who} ${code}`)),
      new Set(some.map((who) => `${who} secure-out`)),
    );
  });

  it('goes on without those who shared nothing: nobody has a mask with them', () => {
    const played = play({ ...parts, way: losing('shares', some) });
    holds(parts, played, others);
    assert.deepEqual(played.ready?.out, some);
  });

  it('takes off the masks that others share with those whose update never came', () => {
    holds(parts, play({ ...parts, silent: some }), others);
  });

  it('is found without the answers of some at the end, whose updates are in it', () => {
    holds(parts, play({ ...parts, way: losing('unmask', some) }), parts.clients);
  });

  it('bears drop-outs at all four steps', () => {
    const way: Way = (message) => {
      const { step, client } = message.fl;
      if (step === 'keys' && client === 'plant-1') return undefined;
      if (step === 'shares' && client === 'plant-2') return undefined;
      return step === 'unmask' && client === 'plant-9' ? undefined : message;
    };
    const played = play({ ...parts, way, silent: ['plant-3'] });
    holds(
      parts,
      played,
      parts.clients.filter((client) => !['plant-1', 'plant-2', 'plant-3'].includes(client)),
    );
  });

  it('bears them at random, with few neighbours too, and is never a wrong sum', () => {
    const random = generator(8, 'drop-outs');
    let [found, none] = [0, 0];
    for (let trial = 0; trial < 40; trial++) {
      const count = 4 + random.below(20);
      const trialParts = {
        ...cohort(count, 10, trial),
        options: { threshold: 0.5, neighbours: trial % 2 ? 6 : count },
      };
      if (trialParts.options.neighbours >= count - 1) trialParts.options.neighbours = Math.max(2, count - 1);
      const silent = trialParts.clients.filter(() => random.uniform() < 0.15);
      const way: Way = (message) => (random.uniform() < 0.06 ? undefined : message);
      const played = play({ ...trialParts, silent, way });
      if (played.result) {
        holds(trialParts, played, played.result.clients);
        assert.ok(silent.every((client) => !played.result?.clients.includes(client)));
        found++;
      } else {
        assert.equal(played.void?.code, 'secure-few', played.void?.reason);
        none++;
      }
    }
    assert.ok(found > 20 && none > 0, `${found} found, ${none} void`);
  });

  it('is void when more drop out than the threshold allows, with the numbers', () => {
    const many = parts.clients.slice(0, 6);
    for (const played of [play({ ...parts, silent: many }), play({ ...parts, way: losing('unmask', many) })]) {
      assert.equal(played.result, undefined);
      assert.equal(played.void?.code, 'secure-few');
      assert.match(played.void?.reason ?? '', /^.* 6 of those .* 7 are needed\.$/);
    }
    for (const step of ['keys', 'shares']) {
      const played = play({ ...parts, least: 8, way: losing(step, many) });
      assert.match(played.void?.reason ?? '', /Only 6 clients .* needs 8\.$/);
    }
    assert.match(play({ ...parts, least: 12, silent: ['plant-3'] }).void?.reason ?? '', /Only 11 .* needs 12/);
  });
});
