import assert from 'node:assert/strict';
import { type CentralState, checkCentral, releaseOf, toldOf, withoutTree } from '../../../lib/privacy/central';
import { costsOf } from '../../../lib/privacy/costs';
import { afterLoss, type PrivacyEvent, type TreeEvent, withEvent } from '../../../lib/privacy/events';
import { gaussianEpsilon } from '../../../lib/privacy/gaussian';
import { charge, newLedger, parseLedger, spent } from '../../../lib/privacy/ledger';
import { keyedNoise } from '../../../lib/privacy/noise';
import { addNoiseOf } from '../../../lib/privacy/noising';
import {
  begunAt,
  levelsFor,
  mostSensitivity,
  newSeed,
  type TreePlan,
  treeEpsilon,
  treeSensitivity,
} from '../../../lib/privacy/tree';
import { generator } from '../../../lib/random/generator';
import type { PrivacyClaim } from '../../../lib/update/message';
import { refused } from '../update/refused';
import { vector } from '../vectors';
import { near } from './near';

const delta = 1e-5;
const claimOf = (levels: number, begun: number, noiseMultiplier = 1, clippingNorm = 1): PrivacyClaim => ({
  ...{ mode: 'central', clippingNorm, noiseMultiplier, delta, epsilon: 1 },
  tree: { levels, begun },
});
const never = (): number => assert.fail('no noise of the round');
const release = (claim: PrivacyClaim, round: number, before?: CentralState, m = 1) =>
  releaseOf(claim, { round, m, within: 0, before, source: never, seed: newSeed });

/** The sums that are released of `rounds` rounds of zeros. */
function noiseOf(rounds: number, sigma: number, size: number): { sum: Float64Array; state?: CentralState } {
  const sum = new Float64Array(size);
  let state: CentralState | undefined;
  for (let round = 1; round <= rounds; round++) {
    const made = release(claimOf(10, 1, sigma), round, state);
    const mean = addNoiseOf(new Float32Array(size), made.noise, never);
    for (let i = 0; i < size; i++) sum[i] += mean[i];
    state = made.state;
  }
  return { sum, state };
}

describe('noise of a tree', () => {
  it('has in each sum over the rounds the variance that TensorFlow Federated has', () => {
    const { input, expected } = vector<{ cases: [number, number][] }, number[]>('tff-tree-var');
    const size = 20_000;
    for (const [i, [rounds, sigma]] of input.cases.entries()) {
      const { sum } = noiseOf(rounds, sigma, size);
      const variance = sum.reduce((total, value) => total + value * value, 0) / size;
      // Six standard errors: sqrt(2 / n) of it.
      near(variance, expected[i], 0.06);
    }
  });

  it('is in each sum the noise of its nodes and nothing else: what was added before is taken off', () => {
    for (const rounds of [1, 2, 3, 7, 8, 22]) {
      const { sum, state } = noiseOf(rounds, 1, 200);
      const nodes = state?.tree?.nodes ?? [];
      // The nodes are the ones in the binary number.
      assert.equal(
        nodes.reduce((total, { level }) => total + 2 ** level, 0),
        rounds,
      );
      assert.equal(nodes.length, [...rounds.toString(2)].filter((digit) => digit === '1').length);
      const sources = nodes.map(({ seed }) => keyedNoise(seed));
      for (const value of sum) {
        const noise = sources.reduce((total, source) => total + source(), 0);
        assert.ok(Math.abs(value - noise) < 1e-5, `${value}, not ${noise}`);
      }
    }
  });

  it('is drawn anew for each node that is made, also from the same state', () => {
    const { state } = noiseOf(5, 1, 1);
    const one = release(claimOf(10, 1), 6, state);
    const other = release(claimOf(10, 1), 6, state);
    const [first, second] = [one, other].map(({ noise }) => addNoiseOf(new Float32Array(50), noise, never));
    assert.notDeepEqual(first, second);
    const seeds = [one, other].map(({ state: after }) => after?.tree?.nodes.at(-1)?.seed);
    assert.equal(new Set(seeds).size, 2);
  });

  it('is normal, the same for a seed and another for another one', () => {
    const [seed, other] = [newSeed(), newSeed()];
    const of = (one: string) => {
      const source = keyedNoise(one);
      return Array.from({ length: 50_000 }, () => source());
    };
    const values = of(seed);
    assert.deepEqual(values, of(seed));
    const others = of(other);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const together = values.reduce((sum, value, i) => sum + value * others[i], 0) / values.length;
    assert.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.04 && Math.abs(together) < 0.03);
    const beyond = values.filter((value) => Math.abs(value) > 1.959964).length / values.length;
    assert.ok(Math.abs(beyond - 0.05) < 0.006, `${beyond}`);
  });

  it('goes on in a tree of the same noise that has room, else in a new one', () => {
    const told = { begun: 5, levels: 3, clippingNorm: 1, noiseMultiplier: 1 };
    const claim = { clippingNorm: 1, noiseMultiplier: 1 };
    // Seven rounds: 5 to 11.
    for (let round = 5; round <= 11; round++) assert.equal(begunAt(claim, 3, told, round), 5);
    assert.equal(begunAt(claim, 3, told, 12), 12);
    assert.equal(begunAt(claim, 3, told, 4), 4);
    assert.equal(begunAt(claim, 4, told, 8), 8);
    assert.equal(begunAt({ ...claim, noiseMultiplier: 2 }, 3, told, 8), 8);
    assert.equal(begunAt({ ...claim, clippingNorm: 2 }, 3, told, 8), 8);
    assert.equal(begunAt(claim, 3, undefined, 8), 8);
    const { state, tree } = release(claimOf(3, 12), 12, { tree: { ...told, nodes: [] } });
    assert.deepEqual(tree, { begun: 12, leaf: 1, nodes: 1 });
    assert.equal(state?.tree?.begun, 12);
    refused('privacy-tree', () => checkCentral('a', claimOf(3, 6), { tree: { ...told, nodes: [] } }, 8));
    refused('privacy-tree', () => checkCentral('a', claimOf(3, 6), undefined, 8));
    checkCentral('a', claimOf(3, 5), { tree: { ...told, nodes: [] } }, 8);
    checkCentral('a', claimOf(3, 8), undefined, 8);
  });

  it('tells nobody its seeds, and is given up when it is not certain what was released', () => {
    const { state } = noiseOf(7, 1, 1);
    assert.ok(state);
    assert.deepEqual(toldOf(state), { tree: { begun: 1, levels: 10, clippingNorm: 1, noiseMultiplier: 1 } });
    assert.deepEqual(withoutTree({ ...state, clippingNorm: 2 }), { clippingNorm: 2 });
  });
});

describe('what a tree costs', () => {
  it('is not more than dp_accounting and the paper have it', () => {
    for (const id of ['dpacc-tree-1', 'dpacc-tree-2'] as const) {
      const { input, expected } = vector<{ sigma: number; steps: number; delta: number }, number>(
        id === 'dpacc-tree-1' ? 'dpacc-tree-1' : 'dpacc-tree-2',
      );
      const plan: TreePlan = {
        ...{ noiseMultiplier: input.sigma, rounds: input.steps, delta: input.delta },
        ...{ participations: 1, separation: 1 },
      };
      const epsilon = treeEpsilon(plan);
      assert.ok(epsilon < expected, `${epsilon}`);
      // One client is in 11 nodes of 1600 rounds. By Rényi divergences it is a little more, and no bound is below 9 tenths of the paper's.
      near(epsilon, gaussianEpsilon(Math.sqrt(11) / input.sigma, input.delta), 1e-12);
      assert.ok(epsilon > 0.8 * expected, `${epsilon}`);
    }
    assert.deepEqual([1, 2, 3, 4, 7, 8, 1600, 2047, 2048].map(levelsFor), [1, 2, 2, 3, 3, 4, 11, 11, 12]);
  });

  /** The nodes of all levels, each the sum of its leaves, and how far a client moves them. */
  const moved = (levels: number, leaves: readonly number[]): number => {
    let nodes = Array.from({ length: 2 ** (levels - 1) * 2 }, (_, i) => leaves.filter((leaf) => leaf === i).length);
    let sum = 0;
    for (let level = 0; level < levels; level++) {
      sum += nodes.reduce((total, count) => total + count ** 2, 0);
      nodes = Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) => nodes[2 * i] + (nodes[2 * i + 1] ?? 0));
    }
    return sum;
  };

  it('is the distance that a client moves all nodes, and never above the plan', () => {
    const levels = 4;
    const random = generator(8, 'leaves');
    for (let trial = 0; trial < 3000; trial++) {
      const separation = 1 + random.below(4);
      const leaves: number[] = [];
      for (let leaf = random.below(4); leaf < 15; leaf += separation + random.below(3)) leaves.push(leaf);
      const sensitivity = treeSensitivity(levels, leaves);
      assert.equal(sensitivity, moved(levels, leaves));
      assert.ok(sensitivity <= mostSensitivity(levels, leaves.length, separation), `${leaves} ${separation}`);
    }
    assert.equal(mostSensitivity(11, 1, 1), 11);
    // Four in a row from the first: 4, 8, 16 and 16 again.
    assert.equal(treeSensitivity(4, [0, 1, 2, 3]), 44);
    assert.equal(mostSensitivity(4, 4, 1), 44);
  });

  const at = (leaf: number, client = 'a', begun = 1): TreeEvent => ({
    ...{ mechanism: 'tree', client, noiseMultiplier: 2, levels: 4, begun, leaf },
  });
  const muOf = (events: PrivacyEvent[], client: string): number =>
    costsOf(
      events.reduce<ReturnType<typeof withEvent>>((entries, event) => withEvent(entries, event), []),
      client,
    ).reduce((sum, { muSquared = 0 }) => sum + muSquared, 0);

  it('is kept for each client by its leaves, with all else that was released', () => {
    const gaussian = { noiseMultiplier: 5, samplingRate: 1 };
    // Leaves 0, 1 and 2: 3 + 5 + 9 + 9; another tree: 4.
    near(muOf([at(0), at(1), at(2), at(7, 'b'), at(0, 'a', 16), gaussian], 'a'), 26 / 4 + 4 / 4 + 1 / 25, 1e-12);
    near(muOf([at(0), at(1), at(2), at(7, 'b'), gaussian], 'b'), 4 / 4 + 1 / 25, 1e-12);
    let ledger = newLedger(1e6, delta);
    for (const event of [at(0), gaussian, at(1), at(2, 'b')]) ledger = charge(ledger, event);
    const a = gaussianEpsilon(Math.sqrt((2 + 4 + 4 + 4) / 4 + 1 / 25), delta);
    near(spent(ledger, 'a'), a, 1e-9);
    // Without a name: of whom it has cost most.
    near(spent(ledger), a, 1e-9);
    near(spent(ledger, 'c'), gaussianEpsilon(1 / 5, delta), 1e-9);
    const read = parseLedger(JSON.parse(JSON.stringify(ledger)));
    assert.deepEqual(read, ledger);
    refused('header', () => parseLedger({ ...ledger, entries: [{ ...ledger.entries[0], leaves: [15] }] }));
    refused('header', () => parseLedger({ ...ledger, entries: [{ ...ledger.entries[0], levels: 40 }] }));
  });

  it('stops a client at its budget, and another one goes on', () => {
    const budget = gaussianEpsilon(Math.sqrt(14 / 4), delta) + 1e-9;
    let ledger = newLedger(budget, delta);
    for (const leaf of [0, 1]) ledger = charge(ledger, at(leaf));
    refused('budget-exhausted', () => charge(ledger, at(2)));
    charge(ledger, at(2, 'b'));
  });

  it('is never counted too low when a charge is lost', () => {
    const random = generator(9, 'lost');
    for (let trial = 0; trial < 2000; trial++) {
      const leaves: number[] = [];
      for (let leaf = random.below(3); leaf < 15; leaf += 1 + random.below(5)) leaves.push(leaf);
      if (leaves.length < 2) continue;
      const lost = random.below(leaves.length - 1);
      const known = leaves
        .slice(0, lost)
        .reduce<ReturnType<typeof withEvent>>((all, leaf) => withEvent(all, at(leaf)), []);
      const found = leaves.slice(lost + 1);
      const after = found.reduce((all, leaf) => withEvent(all, at(leaf)), afterLoss(known, at(found[0])));
      const counted = costsOf(after, 'a').reduce((sum, { muSquared = 0 }) => sum + muSquared, 0);
      assert.ok(counted >= treeSensitivity(4, leaves) / 4, `${leaves} without ${leaves[lost]}`);
    }
  });
});
