/** Each attack against the formula of its paper, worked out here by other means. */
import assert from 'node:assert/strict';
import {
  type AttackOptions,
  attackBlock,
  checkAttack,
  drawAttacked,
  isAttacked,
  largestZ,
  stampRows,
} from '../../../lib/attack';
import { attackVector } from '../../../lib/attack/attack-update';
import { innerProduct } from '../../../lib/attack/inner-product';
import { littleIsEnough } from '../../../lib/attack/little-is-enough';
import { normalQuantile } from '../../../lib/attack/normal-quantile';
import { sybilNames } from '../../../lib/attack/sybils';
import { generator } from '../../../lib/random/generator';
import type { RefusedError } from '../../../lib/refused';

const around = (expected = 10) => ({ random: generator(1, 'test'), expected });
const own = Float32Array.of(1, -2, 0.5, 0);

describe('attacks on one update', () => {
  it('sign flip turns it round', () => {
    assert.deepEqual([...attackVector(own, { name: 'sign-flip', factor: 4 }, around())], [-4, 8, -2, -0]);
    assert.deepEqual([...own], [1, -2, 0.5, 0], 'what came must stay as it is');
  });

  it('scaling by the number of clients makes the mean of a settled round the attacker’s own model', () => {
    const others = 9;
    const forged = attackVector(own, { name: 'scaling' }, around(others + 1));
    // The others send 0: mean = forged / n must be the attacker's own change.
    assert.deepEqual(
      [...forged].map((value) => value / (others + 1)),
      [...own],
    );
    assert.deepEqual([...attackVector(own, { name: 'scaling', gamma: -3 }, around())], [-3, 6, -1.5, -0]);
  });

  it('Gaussian has nothing of the update: mean 0 and the deviation that was asked, the same for one seed', () => {
    const numbers = attackVector(new Float32Array(40_000).fill(7), { name: 'gaussian', deviation: 200 }, around());
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
    const variance = numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length;
    // Standard errors: 1 for the mean, 0.71 for the deviation.
    assert.ok(Math.abs(mean) < 5, `mean ${mean}`);
    assert.ok(Math.abs(Math.sqrt(variance) - 200) < 4, `deviation ${Math.sqrt(variance)}`);
    const again = attackVector(new Float32Array(40_000), { name: 'gaussian', deviation: 200 }, around());
    assert.deepEqual(again, numbers);
  });

  it('a free rider sends nothing, noise or the last change, at the norm that it would have had', () => {
    const norm = (vector: Float32Array): number => Math.hypot(...vector);
    const change = Float32Array.of(3, 0, 4, 0);
    const sent = (options: Omit<Extract<AttackOptions, { name: 'free-rider' }>, 'name'>) =>
      attackVector(own, { name: 'free-rider', ...options }, { ...around(), change });
    assert.deepEqual([...sent({ sends: 'zero' })], [0, 0, 0, 0]);
    assert.ok(Math.abs(norm(sent({ sends: 'noise' })) - norm(own)) < 1e-6);
    assert.deepEqual([...sent({ sends: 'earlier', norm: 10 })], [6, 0, 8, 0]);
    assert.ok(Math.abs(norm(sent({ sends: 'earlier' })) - norm(own)) < 1e-6);
    // Before anything was heard of the model there is no change to send.
    const first = attackVector(own, { name: 'free-rider', sends: 'earlier' }, around());
    assert.deepEqual([...first], [0, 0, 0, 0]);
  });

  it('not-a-number stands in one number or in all', () => {
    const one = attackVector(own, { name: 'not-finite', number: 'nan', where: 'one' }, around());
    assert.equal([...one].filter(Number.isNaN).length, 1);
    const all = attackVector(own, { name: 'not-finite', number: 'infinity', where: 'all' }, around());
    assert.ok([...all].every((value) => value === Number.POSITIVE_INFINITY));
  });
});

describe('attacks of several', () => {
  it('the normal quantile is that of the tables', () => {
    // Abramowitz & Stegun, table 26.5.
    const table = [
      [0.5, 0],
      [0.6, 0.253347103135799],
      [0.9, 1.2815515655446],
      [0.975, 1.95996398454005],
      [0.999, 3.09023230616781],
      [0.1, -1.2815515655446],
    ];
    for (const [probability, z] of table)
      assert.ok(Math.abs(normalQuantile(probability) - z) < 1e-12, `${probability}`);
  });

  it('z_max of a little is enough follows algorithm 3 of the paper', () => {
    // Section 3 of the paper: n = 50, m = 24 needs s = 2, phi(z) < 24/26 = 0.923, z = 1.43 in a table of two digits.
    assert.ok(Math.abs(largestZ(50, 24) - 1.43) < 0.005);
    // A fifth of 50: s = 16 of 40 must be won over, so z is where 24/40 lie below.
    assert.ok(Math.abs(largestZ(50, 10) - 0.253347103135799) < 1e-12);
    // Two of ten: s = 4 of 8, the median, so nothing can be moved without notice.
    assert.equal(Math.abs(largestZ(10, 2)) < 1e-12, true);
    assert.ok(largestZ(10, 6) > 5, 'a majority need not hide');
  });

  it('a little is enough sends the mean less z deviations, inner product the mean turned round', () => {
    const known = [Float32Array.of(1, 10), Float32Array.of(3, 10), Float32Array.of(8, 10)];
    // Mean 4, population variance (9 + 1 + 16) / 3; the second number has none.
    const deviation = Math.sqrt(26 / 3);
    const forged = littleIsEnough(known, 1.5);
    assert.ok(Math.abs(forged[0] - (4 - 1.5 * deviation)) < 1e-6);
    assert.equal(forged[1], 10);
    assert.deepEqual([...innerProduct(known, 0.5)], [-2, -5]);
    // What the name says: the honest mean and what is sent point apart.
    const inner = innerProduct(known, 0.1).reduce((sum, value, i) => sum + value * [4, 10][i], 0);
    assert.ok(inner < 0);
  });

  it('Sybils have names of their own, and none too long for a message', () => {
    assert.deepEqual(sybilNames('pump', 3), ['pump~2', 'pump~3', 'pump~4']);
    const long = sybilNames('x'.repeat(100), 2);
    assert.ok(long.every((name) => name.length === 100));
    assert.equal(new Set([...long, 'x'.repeat(100)]).size, 3);
  });
});

describe('attacks on data', () => {
  const block = { features: Float32Array.of(1, 2, 3, 4, 5, 6), targets: Float32Array.of(0, 1, 2), count: 3 };
  const classes = ['off', 'smooth', 'worn'];
  const random = () => generator(1, 'poison');

  it('labels are flipped to the other end, or from one class to another', () => {
    const all = attackBlock(block, classes, { name: 'label-flip' }, random());
    assert.deepEqual([...all.targets], [2, 1, 0]);
    const one = attackBlock(block, classes, { name: 'label-flip', from: 'worn', to: 'off' }, random());
    assert.deepEqual([...one.targets], [0, 1, 0]);
    const byNumber = attackBlock(block, classes, { name: 'label-flip', from: 1, to: 2 }, random());
    assert.deepEqual([...byNumber.targets], [0, 2, 2]);
    assert.deepEqual([...block.targets], [0, 1, 2]);
    assert.throws(
      () => attackBlock(block, classes, { name: 'label-flip', from: 'warm' }, random()),
      (error: RefusedError) => error.code === 'bad-setting' && /"warm" is none of them/.test(error.message),
    );
  });

  it('a backdoor marks its part of the rows and gives them its label; the others stay', () => {
    const attack = { name: 'backdoor', features: [1, 99], value: 9, target: 'smooth', part: 1 } as const;
    const whole = attackBlock(block, classes, attack, random());
    assert.deepEqual([...whole.features], [1, 9, 3, 9, 5, 9]);
    assert.deepEqual([...whole.targets], [1, 1, 1]);
    const none = attackBlock(block, classes, { ...attack, part: 0 }, random());
    assert.deepEqual(none, block);
    assert.deepEqual([...stampRows(block.features, 2, { features: [0], value: 7 })], [7, 2, 7, 4, 7, 6]);
    const many = { features: new Float32Array(4000), targets: new Float32Array(4000), count: 4000 };
    const half = attackBlock(many, classes, { ...attack, features: [0], part: 0.5 }, random());
    const poisoned = [...half.targets].filter((label) => label === 1).length;
    // Binomial: 2000 with a deviation of 32. Width 1, so each mark is one feature.
    assert.ok(Math.abs(poisoned - 2000) < 160, `${poisoned}`);
    assert.ok([...half.features].every((value, row) => (value === 9) === (half.targets[row] === 1)));
  });
});

describe('who is attacked', () => {
  const clients = Array.from({ length: 1000 }, (_, i) => `client-${i}`);

  it('is drawn by id and seed alone, a share of them on average, and exactly where all are known', () => {
    const drawn = clients.filter((client) => isAttacked(client, { share: 0.2, seed: 3 }));
    // Binomial: 200 with a deviation of 12.6.
    assert.ok(Math.abs(drawn.length - 200) < 60, `${drawn.length}`);
    const exact = drawAttacked(clients, 0.2, 3);
    assert.equal(exact.length, 200);
    assert.deepEqual(drawAttacked([...clients].reverse(), 0.2, 3), exact);
    // The two draws agree on whom they would take first.
    const smaller = exact.length < drawn.length ? exact : drawn;
    const larger = new Set(exact.length < drawn.length ? drawn : exact);
    assert.ok(smaller.every((client) => larger.has(client)));
    assert.notDeepEqual(drawAttacked(clients, 0.2, 4), exact);
    assert.equal(isAttacked('a', { ids: ['a', 'b'] }), true);
    assert.equal(isAttacked('c', { ids: ['a', 'b'] }), false);
  });
});

describe('settings of an attack', () => {
  it('that make no sense are refused in a sentence', () => {
    const wrong: AttackOptions[] = [
      { name: 'sign-flip', factor: -1 },
      { name: 'gaussian', deviation: Number.NaN },
      { name: 'little-is-enough', deviations: Number.POSITIVE_INFINITY, knows: 'attackers' },
      { name: 'backdoor', features: [], value: 1, target: 0, part: 1 },
      { name: 'backdoor', features: [0.5], value: 1, target: 0, part: 1 },
      { name: 'backdoor', features: [0], value: 1, target: 0, part: 1.1 },
      { name: 'replay', age: 0, as: 'numbers' },
      { name: 'sybils', names: 1e6 },
    ];
    for (const attack of wrong) {
      assert.throws(
        () => checkAttack(attack),
        (error: RefusedError) => error.code === 'bad-setting',
        attack.name,
      );
    }
  });
});
