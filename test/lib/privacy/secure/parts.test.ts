/** What the protocol stands on: keys, sealing, masks, the graph, and the arithmetic of its settings. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { enoughNeighbours } from '../../../../lib/privacy/secure/degree';
import { makeGraph } from '../../../../lib/privacy/secure/graph';
import { agree, isUsable, keyPairOf, newKeyPair } from '../../../../lib/privacy/secure/keys';
import { addMasked, applyMask, emptySum, ringPayload } from '../../../../lib/privacy/secure/mask';
import { seal, unseal } from '../../../../lib/privacy/secure/seal';
import { finestRange, requireRoom, ring, secureSettings } from '../../../../lib/privacy/secure/settings';
import { sharesNeeded, tolerance } from '../../../../lib/privacy/secure/threshold';
import { refused } from '../../update/refused';
import { seededBytes } from './cohort';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('keys of a secure sum', () => {
  it('are X25519: the example of RFC 7748, section 6.1', () => {
    const alice = keyPairOf(hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = keyPairOf(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    assert.deepEqual(alice.publicKey, hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'));
    assert.deepEqual(bob.publicKey, hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'));
    const salt = hex('00ff');
    assert.deepEqual(agree(alice, bob.publicKey, salt, 'x'), agree(bob, alice.publicKey, salt, 'x'));
  });

  it('agree on something else for each purpose and each roster', () => {
    const [a, b] = ['a', 'b'].map((name) => newKeyPair(seededBytes('keys', name)));
    const made = ['x', 'y'].flatMap((purpose) =>
      ['1', '2'].map((salt) => agree(a, b.publicKey, Buffer.from(salt), purpose).toString('hex')),
    );
    assert.equal(new Set(made).size, 4);
  });

  it('of small order are refused', () => {
    const own = newKeyPair(seededBytes('own'));
    for (const low of ['00'.repeat(32), `01${'00'.repeat(31)}`]) {
      refused('secure-keys', () => agree(own, hex(low), Buffer.alloc(0), 'x'));
      assert.equal(isUsable(hex(low)), false);
    }
    assert.equal(isUsable(own.publicKey), true);
  });
});

describe('sealed shares', () => {
  it('open with their key only, and only unchanged', () => {
    const key = Buffer.alloc(32, 7);
    const plain = Buffer.from('the shares of two secrets');
    const sealed = seal(plain, key);
    assert.deepEqual(unseal(sealed, key), plain);
    assert.equal(unseal(sealed, Buffer.alloc(32, 8)), undefined);
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] ^= 1;
      assert.equal(unseal(changed, key), undefined);
    }
    for (let cut = 0; cut < sealed.length; cut++) assert.equal(unseal(sealed.subarray(0, cut), key), undefined);
  });
});

describe('masks', () => {
  it('are the keystream of ChaCha20: the first vector of RFC 8439, appendix A.1', () => {
    const sum = emptySum(15);
    applyMask(sum, { seed: Buffer.alloc(32), sign: 1 });
    const block =
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7' +
      'da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586';
    assert.deepEqual(ringPayload(sum), hex(block));
  });

  it('go off as they went on, at every length around a chunk', () => {
    const seed = seededBytes('mask')(32);
    for (const size of [0, 1, 16_382, 16_383, 16_384, 40_000]) {
      const sum = emptySum(size).map((_, i) => Math.imul(i, 2_654_435_761) >>> 0);
      const before = Uint32Array.from(sum);
      applyMask(sum, { seed, sign: 1 });
      assert.notDeepEqual(sum, before);
      applyMask(sum, { seed, sign: -1 });
      assert.deepEqual(sum, before);
    }
  });

  it('of a longer vector begin as those of a shorter one, so no number depends on the chunks', () => {
    const seed = seededBytes('prefix')(32);
    const [short, long] = [emptySum(20_000), emptySum(70_000)];
    for (const sum of [short, long]) applyMask(sum, { seed, sign: 1 });
    assert.deepEqual(long.subarray(0, short.length), short);
  });

  it('add up to bytes of any alignment, and only of the right number', () => {
    const own = Uint32Array.of(1, 0xffffffff, 5);
    const bytes = Buffer.concat([Buffer.of(9), ringPayload(own)]).subarray(1);
    for (const payload of [ringPayload(own), bytes]) {
      const sum = Uint32Array.of(1, 2, 3);
      addMasked(sum, payload);
      assert.deepEqual([...sum], [2, 1, 8]);
    }
    refused('payload-size', () => addMasked(emptySum(1), bytes));
  });
});

describe('the graph of a secure sum', () => {
  const digest = (word: string): Buffer => createHash('sha256').update(word).digest();

  it('is regular, mutual and without loops, and connected', () => {
    for (const [count, neighbours] of [
      [10, 4],
      [11, 4],
      [101, 20],
      [300, 6],
    ]) {
      const graph = makeGraph(count, neighbours, digest('one'));
      for (const [i, near] of graph.entries()) {
        assert.equal(new Set(near).size, neighbours);
        assert.ok(!near.includes(i));
        for (const j of near) assert.ok(graph[j].includes(i));
        assert.deepEqual(
          [...near].sort((a, b) => a - b),
          near,
        );
      }
      const reached = new Set([0]);
      for (const i of reached) for (const j of graph[i]) reached.add(j);
      assert.equal(reached.size, count);
    }
  });

  it('is complete where there are no more neighbours than that', () => {
    for (const neighbours of [4, 5, 200]) {
      assert.deepEqual(makeGraph(5, neighbours, digest('one'))[2], [0, 1, 3, 4]);
    }
  });

  it('is the same for the same roster and another for another', () => {
    assert.deepEqual(makeGraph(60, 6, digest('one')), makeGraph(60, 6, digest('one')));
    assert.notDeepEqual(makeGraph(60, 6, digest('one')), makeGraph(60, 6, digest('two')));
  });
});

describe('the settings of a secure sum', () => {
  it('open a secret with more than the threshold of its holders: never with two halves apart', () => {
    assert.equal(sharesNeeded(0.5, 3), 2);
    assert.equal(sharesNeeded(0.5, 4), 3);
    assert.equal(sharesNeeded(2 / 3, 9), 7);
    assert.equal(sharesNeeded(0.999, 3), 3);
    for (let holders = 3; holders <= 255; holders++) {
      for (const threshold of [0.5, 0.6, 2 / 3, 0.9]) {
        const needed = sharesNeeded(threshold, holders);
        const { dropouts, curious, lying } = tolerance(threshold, holders);
        assert.ok(2 * needed > holders && needed <= holders);
        assert.equal(dropouts, holders - needed);
        assert.equal(curious, needed - 1);
        // With so many liars two groups that share nobody honest cannot both open; with one more they can.
        assert.ok(2 * (needed - lying) > holders - lying);
        assert.ok(2 * (needed - lying - 1) <= holders - lying - 1);
      }
    }
  });

  it('leave half of the ring empty, whatever the clients send', () => {
    for (const clients of [1, 3, 100, 255, 1000]) {
      const range = finestRange(clients);
      assert.ok(range * clients <= ring / 2 && range >= 2 ** 20 && range % 2 === 0);
    }
    requireRoom({ range: 2 ** 22 }, 1023);
    refused(
      'secure-settings',
      () => requireRoom({ range: 2 ** 22 }, 1024),
      /1024 clients, up to 4194304.*4294967296.*4294967295/,
    );
  });

  it('are told with the numbers when they cannot be', () => {
    const good = { clip: 1, maxSamples: 1000 };
    assert.deepEqual(secureSettings(good, 10), {
      ...{ threshold: 2 / 3, neighbours: 9, clip: 1, range: 2 ** 24, maxSamples: 1000 },
    });
    assert.equal(secureSettings(good, 10, 'uniform').maxSamples, undefined);
    refused('secure-settings', () => secureSettings({ ...good, threshold: 0.4 }, 10), /0\.4/);
    refused('secure-settings', () => secureSettings({ ...good, threshold: 1 }, 10));
    refused('secure-settings', () => secureSettings({ ...good, clip: 0 }, 10));
    refused('secure-settings', () => secureSettings({ ...good, maxSamples: 0.5 }, 10));
    refused('secure-settings', () => secureSettings({ ...good, neighbours: 5 }, 10), /even/);
    refused('secure-settings', () => secureSettings(good, 1001), /1000/);
  });
});

/** C(n, k) exactly. */
function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let value = 1n;
  for (let i = 0; i < k; i++) value = (value * BigInt(n - i)) / BigInt(i + 1);
  return value;
}

describe('enough neighbours (SecAgg+)', () => {
  /** The three chances in exact whole numbers, up to their last division. */
  const chances = (
    clients: number,
    k: number,
    threshold: number,
  ): { exposed: number; lost: number; parted: number } => {
    const needed = Math.floor(threshold * (k + 1)) + 1;
    const marked = Math.ceil(0.1 * clients);
    const tail = (least: number): number => {
      let ways = 0n;
      for (let i = least; i <= k; i++) ways += choose(marked, i) * choose(clients - 1 - marked, k - i);
      return Number((ways * 10n ** 30n) / choose(clients - 1, k)) / 1e30;
    };
    return {
      exposed: clients * tail(needed),
      lost: clients * tail(k + 2 - needed),
      parted: clients * 0.2 ** (k / 2),
    };
  };

  for (const [clients, threshold] of [
    [100, 2 / 3],
    [200, 0.5],
    [255, 2 / 3],
  ]) {
    it(`of ${clients} at ${threshold.toFixed(2)}: as few as keep the chances that are promised`, () => {
      const k = enoughNeighbours(clients, threshold);
      assert.ok(k < clients - 1 && k % 2 === 0);
      const { exposed, lost, parted } = chances(clients, k, threshold);
      assert.ok(exposed + parted <= 2 ** -40 && lost <= 2 ** -20);
      const fewer = chances(clients, k - 2, threshold);
      assert.ok(fewer.exposed + fewer.parted > 2 ** -40 || fewer.lost > 2 ** -20);
    });
  }

  it('are all of a small cohort, and never more than there are points for shares', () => {
    for (const clients of [3, 10, 64]) assert.equal(enoughNeighbours(clients, 0.5), clients - 1);
    for (const clients of [65, 300, 1000]) {
      for (const threshold of [0.5, 0.75, 0.95]) assert.ok(enoughNeighbours(clients, threshold) <= 254);
    }
  });
});
