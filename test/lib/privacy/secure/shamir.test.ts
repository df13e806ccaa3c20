import assert from 'node:assert/strict';
import { combine, recover, type Share, split } from '../../../../lib/privacy/secure/shamir';
import { generator } from '../../../../lib/random/generator';
import { vector } from '../../vectors';
import { seededBytes } from './cohort';

/** Every choice of so many of them. */
function choices<T>(of: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return of.flatMap((first, i) => choices(of.slice(i + 1), count - 1).map((rest) => [first, ...rest]));
}

/** Another error for each share and each byte, never none. */
const wrongBy = (share: number, byte: number): number => 1 + ((share * 37 + byte * 11) % 255);

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe("Shamir's secret sharing", () => {
  const { input } = vector<{ secret_utf8: string; t: number; n: number }, string>('flower-shamir');
  const secret = Buffer.from(input.secret_utf8);
  const shares = split(secret, input.t, input.n, seededBytes('shamir'));

  it('gives the secret for every three of five shares, in any order', () => {
    const three = choices(shares, input.t);
    assert.equal(three.length, 10);
    for (const some of three) {
      assert.equal(text(combine(some)), input.secret_utf8);
      assert.equal(text(combine([...some].reverse())), input.secret_utf8);
    }
  });

  it('gives something else for two shares, or when one byte was changed', () => {
    for (const some of choices(shares, 2)) assert.notEqual(text(combine(some)), input.secret_utf8);
    for (const some of choices(shares, 3)) {
      const y = Uint8Array.from(some[1].y);
      y[4] ^= 1;
      assert.notEqual(text(combine([some[0], { x: some[1].x, y }, some[2]])), input.secret_utf8);
    }
  });

  it('takes secrets of no bytes, of 31 and of 32, with 1 to 255 shares', () => {
    for (const length of [0, 31, 32]) {
      const some = Uint8Array.from({ length }, (_, i) => 255 - i);
      for (const [t, n] of [
        [1, 1],
        [2, 2],
        [170, 255],
      ]) {
        const made = split(some, t, n, seededBytes('lengths', length, t));
        assert.deepEqual(combine(made.slice(n - t)), some);
      }
    }
  });

  it('tells nothing with one share too few: each value of a share fits each secret equally often', () => {
    for (const secretByte of [0, 1, 77, 255]) {
      const seen = new Uint32Array(256);
      for (let coefficient = 0; coefficient < 256; coefficient++) {
        const [, second] = split(Uint8Array.of(secretByte), 2, 2, () => Uint8Array.of(coefficient));
        seen[second.y[0]]++;
      }
      assert.ok(seen.every((count) => count === 1));
    }
  });

  it('multiplies as the field does', () => {
    // 53 · ca = 1 in GF(2^8) modulo 11b (FIPS 197, section 4.2 has the field): a line through 0 and 53 at ca is 1.
    const [share] = split(Uint8Array.of(0), 2, 0xca, () => Uint8Array.of(0x53)).slice(-1);
    assert.equal(share.x, 0xca);
    assert.equal(share.y[0], 1);
  });

  it('refuses numbers of shares that make no sense', () => {
    for (const [t, n] of [
      [0, 1],
      [3, 2],
      [2, 256],
      [1.5, 2],
    ]) {
      assert.throws(() => split(secret, t, n, seededBytes('bad')), RangeError);
    }
    assert.throws(() => combine([]), RangeError);
    assert.throws(() => combine([shares[0], shares[0]]), RangeError);
    assert.throws(() => combine([shares[0], { x: 2, y: new Uint8Array(3) }]), RangeError);
    assert.throws(() => combine([{ x: 0, y: shares[0].y }]), RangeError);
  });

  it('is found among shares some of which are wrong, as long as enough are right', () => {
    const random = generator(5, 'wrong shares');
    const isRight = (candidate: Uint8Array): boolean => text(candidate) === input.secret_utf8;
    const made = split(secret, 6, 10, seededBytes('wrong'));
    for (let wrong = 0; wrong <= 2; wrong++) {
      for (let trial = 0; trial < 40; trial++) {
        const spoiled = new Set<number>();
        while (spoiled.size < wrong) spoiled.add(random.below(10));
        const some = made.map(
          ({ x, y }, i): Share => ({ x, y: spoiled.has(i) ? y.map((byte, j) => byte ^ wrongBy(i, j)) : y }),
        );
        const found = recover(some, 6, isRight);
        assert.ok(found && isRight(found), `${wrong} wrong: ${[...spoiled]}`);
      }
    }
    const many = made.map(({ x, y }, i): Share => ({ x, y: i < 5 ? y.map((byte, j) => byte ^ wrongBy(i, j)) : y }));
    assert.equal(recover(many, 6, isRight), undefined);
    assert.equal(recover(made.slice(0, 5), 6, isRight), undefined);
  });
});
