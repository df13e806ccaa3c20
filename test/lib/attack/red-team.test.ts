import assert from 'node:assert/strict';
import { type AttackOptions, createRedTeam, type Passed, type RedTeamParts } from '../../../lib/attack';
import { encodeSamples } from '../../../lib/data/samples-message';
import { applyCodec, decodeAll } from '../../../lib/update/codecs/registry';
import type { Header, Message, UpdateHeader } from '../../../lib/update/message';
import { parseMessage } from '../../../lib/update/validate';
import { FINGERPRINT, modelMessage, numbersOf, SIZE, update, wave } from '../../nodes/messages';

type Update = Message<UpdateHeader>;
const team = (attack: AttackOptions, parts: Partial<RedTeamParts> = {}) =>
  createRedTeam<string>({ attack, attacked: { ids: ['bad', 'worse'] }, seed: 1, memory: 1e6, ...parts });
const of = (client: string, values = wave(), header: Partial<UpdateHeader> = {}): Update =>
  update(values, { client, ...header });
const numbers = ({ message }: Passed<string>): number[] => {
  const { fl, payload } = message as Update;
  return [...decodeAll(payload, fl.codecs, fl.tensors)];
};
const client = ({ message }: Passed<string>): string => (message.fl as UpdateHeader).client;
const decline = (name: string): Message => ({
  fl: {
    kind: 'decline',
    federation: 'factory',
    model: FINGERPRINT,
    round: 1,
    attempt: 'a1',
    client: name,
    reason: 'No samples yet.',
  },
  payload: Buffer.alloc(0),
});
/** `values` is so many waves, to the bits of float32. */
function isWaves(values: readonly number[], factor: number): void {
  for (const [i, value] of values.entries())
    assert.ok(Math.abs(value - factor * Math.sin(i + 1)) < 1e-5, `${i}: ${value}`);
}
/** What goes on is fit for the next node. */
const sound = (passed: readonly Passed<string>[]): void => {
  for (const { message } of passed) parseMessage(message);
};

describe('a red team on the way of messages', () => {
  it('changes the updates of attacked clients, marks them, and lets all else through as it is', () => {
    const red = team({ name: 'sign-flip', factor: 1 });
    const good = of('good');
    const [through] = red.take('a', good);
    assert.equal(through.message, good);
    assert.equal(through.changed, false);
    const [flipped] = red.take('b', of('bad', wave(), { notes: { place: 'hall 2' } }));
    assert.deepEqual(
      numbersOf(flipped.message.payload),
      numbersOf(of('x').payload).map((value) => -value),
    );
    assert.deepEqual((flipped.message.fl as UpdateHeader).notes, { place: 'hall 2', attack: 'sign-flip' });
    assert.equal(flipped.item, 'b');
    const model = modelMessage(wave());
    assert.equal(red.take('c', model)[0].message, model);
    sound([through, flipped]);
  });

  it('finds room for its mark among sixteen notes', () => {
    const notes = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`note${i}`, i]));
    const passed = team({ name: 'sign-flip', factor: 1 }).take('a', of('bad', wave(), { notes }));
    sound(passed);
    assert.equal((passed[0].message.fl as UpdateHeader).notes?.attack, 'sign-flip');
  });

  it('undoes the codecs of what it attacks, and sends float32', () => {
    const exact = of('bad');
    const { payload, codecs } = applyCodec(exact, 'quantize', { bits: 8 });
    const coded = { payload, fl: { ...exact.fl, codecs } };
    const [passed] = team({ name: 'scaling', gamma: 2 }).take('a', coded);
    assert.deepEqual((passed.message.fl as UpdateHeader).codecs, []);
    const meant = decodeAll(payload, codecs, exact.fl.tensors);
    assert.deepEqual(
      numbersOf(passed.message.payload),
      [...meant].map((value) => 2 * value),
    );
    sound([passed]);
  });

  it('attacks from one round to another', () => {
    const red = team({ name: 'sign-flip', factor: 1 }, { fromRound: 2, toRound: 3 });
    const changed = [1, 2, 3, 4].map((round) => red.take('a', of('bad', wave(), { round }))[0].changed);
    assert.deepEqual(changed, [false, true, true, false]);
  });

  it('claims any count of samples', () => {
    const [passed] = team({ name: 'wrong-counts', samples: 1e9 }).take('a', of('bad'));
    assert.equal((passed.message.fl as UpdateHeader).samples, 1e9);
    assert.deepEqual(numbersOf(passed.message.payload), numbersOf(of('bad').payload));
  });

  it('replays what a client sent rounds before, under the new header or as the old message', () => {
    for (const as of ['numbers', 'message'] as const) {
      const red = team({ name: 'replay', age: 2, as });
      const sent = [1, 2, 3, 4].map(
        (round) => red.take('a', of('bad', wave(SIZE, round), { round, attempt: `a${round}` }))[0],
      );
      assert.deepEqual(
        sent.map(({ changed }) => changed),
        [false, false, true, true],
      );
      assert.deepEqual(numbers(sent[2]), numbersOf(of('x', wave(SIZE, 1)).payload));
      assert.deepEqual(numbers(sent[3]), numbersOf(of('x', wave(SIZE, 2)).payload));
      const { round, attempt } = sent[3].message.fl as UpdateHeader;
      assert.deepEqual([round, attempt], as === 'numbers' ? [4, 'a4'] : [2, 'a2']);
    }
  });

  it('remembers no more than its memory holds', () => {
    const red = team({ name: 'replay', age: 1, as: 'numbers' }, { memory: 4 * SIZE });
    const sent = (name: string, round: number) => red.take('a', of(name, wave(), { round }))[0].changed;
    assert.deepEqual([sent('bad', 1), sent('worse', 1)], [false, false]);
    assert.deepEqual([sent('bad', 2), sent('worse', 2)], [true, false]);
  });

  it('speaks under many names, in all that a client says', () => {
    const red = team({ name: 'sybils', names: 2 });
    const base = { federation: 'factory', model: FINGERPRINT, round: 1, client: 'bad' };
    const said: Header[] = [
      { kind: 'join', ...base, samples: 5 },
      { kind: 'statistics', ...base, attempt: 'a1' },
      of('bad').fl,
    ];
    for (const fl of said) {
      const passed = red.take('a', { fl, payload: of('bad').payload });
      assert.deepEqual(passed.map(client), ['bad', 'bad~2', 'bad~3']);
      assert.ok(
        passed.every(({ message }) => message.fl.kind === fl.kind && message.payload.equals(of('bad').payload)),
      );
    }
    assert.equal(red.take('a', of('good')).length, 1);
  });

  it('sends the last change of the model that it hears', () => {
    const red = team({ name: 'free-rider', sends: 'earlier', norm: 1 });
    red.take('m', modelMessage(new Array(SIZE).fill(1)));
    red.take('m', modelMessage([4, 5, ...new Array(SIZE - 2).fill(1)], { round: 2, attempt: 'a2' }));
    const [passed] = red.take('a', of('bad', wave(), { round: 2 }));
    assert.deepEqual(numbers(passed).slice(0, 3), [Math.fround(0.6), Math.fround(0.8), 0]);
  });

  it('poisons the samples of attacked clients, and those alone', () => {
    const block = { features: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(0, 1), count: 2 };
    const samples = (name: string, classes?: string[]) =>
      encodeSamples(block, 2, 1, { client: name, split: 'train', classes, source: 's', first: true, last: true });
    const red = team({ name: 'label-flip' });
    const [flipped] = red.take('a', samples('bad', ['no', 'yes']));
    assert.deepEqual(numbersOf(flipped.message.payload), [1, 2, 1, 3, 4, 0]);
    assert.deepEqual(flipped.message.fl, { ...samples('bad', ['no', 'yes']).fl, notes: { attack: 'label-flip' } });
    sound([flipped]);
    assert.equal(red.take('a', samples('good', ['no', 'yes']))[0].changed, false);
    // Values, not classes: nothing can be flipped.
    assert.equal(red.take('a', samples('bad'))[0].changed, false);
  });

  describe('that knows of others', () => {
    const attack: AttackOptions = { name: 'inner-product', epsilon: 2, knows: 'everybody' };
    const answers = (): Update[] => [
      of('good-1', wave(SIZE, 1), { expected: 4 }),
      of('bad', wave(SIZE, 9), { expected: 4 }),
      of('good-2', wave(SIZE, 3), { expected: 4 }),
      of('worse', wave(SIZE, 7), { expected: 4 }),
    ];

    it('keeps back the attacked until all have answered, and holds up nobody else', () => {
      const red = team(attack);
      const passed = answers().map((message) => red.take(message.fl.client, message));
      assert.deepEqual(
        passed.map((some) => some.map(client)),
        [['good-1'], [], ['good-2'], ['bad', 'worse']],
      );
      // -2 times the mean of the good ones, wave and three waves.
      for (const forged of passed[3]) {
        assert.equal(forged.changed, true);
        isWaves(numbers(forged), -4);
        assert.equal(forged.item, client(forged));
      }
      sound(passed.flat());
    });

    it('gives the same bits in whatever order they come', () => {
      const forgedIn = (order: readonly number[]): number[] => {
        const red = team(attack);
        const all = answers();
        return order
          .flatMap((i) => red.take('a', all[i]))
          .filter(({ changed }) => changed)
          .map(numbers)[0];
      };
      assert.deepEqual(forgedIn([3, 2, 1, 0]), forgedIn([0, 1, 2, 3]));
    });

    it('may know the attackers’ own updates only', () => {
      const red = team({ ...attack, epsilon: 1, knows: 'attackers' });
      const forged = answers()
        .flatMap((message) => red.take('a', message))
        .filter(({ changed }) => changed);
      // The mean of nine and seven waves, turned round.
      isWaves(numbers(forged[0]), -8);
    });

    it('counts who declines, and asks to be woken when somebody may never answer', () => {
      const held: [string, number][] = [];
      const red = team(attack, { onHold: (key, milliseconds) => held.push([key, milliseconds]) });
      const all = answers();
      assert.equal(red.take('a', all[1]).length, 0);
      assert.equal(held.length, 1);
      assert.equal(held[0][1], 0.8 * 60000);
      red.take('a', all[0]);
      red.take('a', decline('good-2'));
      const last = red.take('a', decline('worse'));
      assert.deepEqual(
        last.map((one) => one.message.fl.kind),
        ['decline', 'update'],
      );
      assert.deepEqual(red.release(held[0][0]), [], 'it has gone on already');

      const again = team(attack, { onHold: (key) => held.push([key, 0]) });
      again.take('a', all[0]);
      again.take('a', all[1]);
      const forged = again.release(held[1][0]);
      assert.deepEqual(forged.map(client), ['bad']);
      // Who comes after it sends the same.
      assert.deepEqual(numbers(again.take('a', all[3])[0]), numbers(forged[0]));
      assert.equal(again.take('a', all[2])[0].changed, false);
    });

    it('holds no more than its memory, and leaves out what is not finite or of another shape', () => {
      const small = team(attack, { memory: 2 * 4 * SIZE });
      const all = answers();
      assert.equal(small.take('a', all[0])[0].changed, false);
      const [forged] = small.take('a', all[1]);
      assert.deepEqual(forged.changed, true);
      isWaves(numbers(forged), -2);
      const red = team(attack);
      red.take('a', of('good-1', [Number.NaN, ...wave(SIZE - 1)], { expected: 4 }));
      red.take('a', of('good-2', [1, 2], { expected: 4, tensors: [[2, 1]] }));
      red.take('a', all[1]);
      const last = red.take('a', of('good-3', wave(), { expected: 4 }));
      assert.deepEqual(last.map(client), ['good-3', 'bad']);
      isWaves(numbers(last[1]), -2);
    });
  });
});
