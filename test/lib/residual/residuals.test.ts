/** Error feedback: what is left out comes later, and an update that did not count takes nothing with it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import { createResiduals, type Feedback } from '../../../lib/residual';
import { createStore } from '../../../lib/state';
import { applyCodec, type Coded, decodeAll } from '../../../lib/update/codecs/registry';
import type { Message, TensorSizes, UpdateHeader } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { refused, refusedLater } from '../update/refused';

const tensors: TensorSizes = [
  [12, 4],
  [4, 4],
];
const SIZE = 16;

function update(vector: ArrayLike<number>, header: Partial<UpdateHeader> = {}): Message<UpdateHeader> {
  return {
    fl: {
      kind: 'update',
      federation: 'f',
      model: 'ab'.repeat(32),
      round: 1,
      attempt: 'x.1',
      client: 'a',
      samples: 10,
      codecs: [],
      tensors,
      expected: 2,
      deadlineMs: 1000,
      ...header,
    },
    payload: vectorPayload(Float32Array.from(vector)),
  };
}

const random = generator(5, 'residuals');
const noise = (): Float32Array => Float32Array.from({ length: SIZE }, () => random.normal());
/** Loses much. */
const coarse = (one: Message<UpdateHeader>): Coded => applyCodec(one, 'quantize', { bits: 2 });
const read = ({ fl, payload }: Message<UpdateHeader>): Float32Array => decodeAll(payload, fl.codecs, tensors);
const plain: Feedback = { name: 'residual' };

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void => {
  for (let i = 0; i < SIZE; i++) assert.ok(Math.abs(found[i] - expected[i]) < 1e-5, `${what}, number ${i}`);
};

/** The rules of the papers in float64, for one client. */
function reference(momentum?: number) {
  let e = new Float64Array(SIZE);
  let u = new Float64Array(SIZE);
  return (change: Float32Array, sentOf: (whole: Float64Array) => Float32Array, counts = true): Float64Array => {
    const speed = u.map((value, i) => (momentum ?? 0) * value + change[i]);
    const whole = e.map((value, i) => value + speed[i]);
    const sent = sentOf(whole);
    if (counts) {
      e = whole.map((value, i) => value - sent[i]);
      u = momentum === undefined ? u : speed.map((value, i) => (sent[i] === 0 ? value : 0));
    }
    return whole;
  };
}

describe('residuals', () => {
  for (const [name, feedback, momentum] of [
    ['the residual', plain, undefined],
    ['momentum correction', { name: 'momentum', momentum: 0.9 } as Feedback, 0.9],
  ] as const) {
    it(`compress what the paper says, with ${name}, and take back what did not count`, async () => {
      const residuals = createResiduals('q');
      const step = reference(momentum);
      let settled = 0;
      for (let round = 1; round <= 12; round++) {
        const change = noise();
        let given = new Float32Array(0);
        const out = await residuals.compress(update(change, { round, settled }), feedback, (one) => {
          given = readVector(one.payload, SIZE).slice();
          return coarse(one);
        });
        const sent = read(out);
        const counts = round % 4 !== 0;
        near(
          given,
          step(change, () => sent, counts),
          `round ${round}`,
        );
        assert.equal(out.fl.remembers, true);
        assert.equal(out.fl.codecs.at(-1)?.name, 'quantize');
        if (counts) settled = round;
      }
    });
  }

  it('lose nothing: what was sent and what is kept are all that was learned', async () => {
    const residuals = createResiduals('q');
    const learned = new Float64Array(SIZE);
    const arrived = new Float64Array(SIZE);
    for (let round = 1; round <= 50; round++) {
      const change = noise();
      const out = read(await residuals.compress(update(change, { round, settled: round - 1 }), plain, coarse));
      for (let i = 0; i < SIZE; i++) {
        learned[i] += change[i];
        arrived[i] += out[i];
      }
    }
    let kept = new Float32Array(0);
    await residuals.compress(update(new Float32Array(SIZE), { round: 51, settled: 50 }), plain, (one) => {
      kept = readVector(one.payload, SIZE).slice();
      return coarse(one);
    });
    for (let i = 0; i < SIZE; i++) assert.ok(Math.abs(learned[i] - arrived[i] - kept[i]) < 1e-4, `number ${i}`);
    assert.ok(kept.some((value) => Math.abs(value) > 0.01));
  });

  it('an answer that is said again is compressed to the same bytes', async () => {
    const residuals = createResiduals('q');
    await residuals.compress(update(noise(), { settled: 0 }), plain, coarse);
    const again = noise();
    const one = await residuals.compress(update(again, { round: 2, settled: 1 }), plain, coarse);
    const two = await residuals.compress(update(again, { round: 2, settled: 1, attempt: 'x.2' }), plain, coarse);
    assert.deepEqual(two.payload, one.payload);
    assert.notDeepEqual(one.payload, coarse(update(again)).payload);
  });

  it('begin with nothing where nothing has counted, where that is not told, and where it is not known', async () => {
    for (const settled of [0, undefined, 7]) {
      const residuals = createResiduals('q');
      await residuals.compress(update(noise(), { round: 1 }), plain, coarse);
      const change = noise();
      const header = { round: 9, ...(settled === undefined ? {} : { settled }) };
      const out = await residuals.compress(update(change, header), plain, coarse);
      assert.deepEqual(out.payload, coarse(update(change)).payload, String(settled));
    }
  });

  it('of clients, federations, models and filters are apart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-residual-'));
    try {
      const store = createStore(folder);
      await createResiduals('q', store).compress(update(noise()), plain, coarse);
      const change = noise();
      const fresh = coarse(update(change)).payload;
      const others: Partial<UpdateHeader>[] = [{ client: 'b' }, { federation: 'g' }, { model: 'cd'.repeat(32) }];
      for (const other of others) {
        const header = { round: 2, settled: 1, ...other };
        const out = await createResiduals('q', store).compress(update(change, header), plain, coarse);
        assert.deepEqual(out.payload, fresh, JSON.stringify(other));
      }
      const next = update(change, { round: 2, settled: 1 });
      assert.deepEqual((await createResiduals('p', store).compress(next, plain, coarse)).payload, fresh);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('survive a restart, with more clients than are held in memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-residual-'));
    const clients = Array.from({ length: 70 }, (_, i) => `client-${i}`);
    const first = clients.map(noise);
    const second = clients.map(noise);
    const run = async (restart: boolean): Promise<Buffer[]> => {
      const store = restart ? createStore(folder) : undefined;
      let residuals = createResiduals('q', store);
      const both = async (round: number, changes: Float32Array[]): Promise<Buffer[]> => {
        const out = clients.map((client, i) =>
          residuals.compress(update(changes[i], { client, round, settled: round - 1 }), plain, coarse),
        );
        return (await Promise.all(out)).map(({ payload }) => payload);
      };
      await both(1, first);
      if (restart) residuals = createResiduals('q', createStore(folder));
      return both(2, second);
    };
    try {
      assert.deepEqual(await run(true), await run(false));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('are of whole vectors: layers that stay at home have none, and work goes on with the others', async () => {
    const residuals = createResiduals('q');
    const step = reference();
    for (let round = 1; round <= 4; round++) {
      const change = noise().fill(0, 12);
      const one = update(change, { round, settled: round - 1 });
      const thinned = applyCodec(one, 'layers', { kept: [true, false] });
      const out = await residuals.compress(
        { fl: { ...one.fl, codecs: thinned.codecs }, payload: thinned.payload },
        plain,
        coarse,
      );
      assert.deepEqual(
        out.fl.codecs.map(({ name }) => name),
        ['layers', 'quantize'],
      );
      const expected = step(change, () => read(out));
      const alone = coarse(update(Float32Array.from(expected)));
      // The first tensor has a grid of its own: coded alone or beside the other it is the same.
      assert.deepEqual(read(out).slice(0, 12), decodeAll(alone.payload, alone.codecs, tensors).slice(0, 12));
      assert.ok(
        read(out)
          .subarray(12)
          .every((value) => value === 0),
      );
    }
  });

  it('change nothing when an update is refused', async () => {
    const residuals = createResiduals('q');
    const change = noise();
    await residuals.compress(update(change), plain, coarse);
    const next = { round: 2, settled: 1 };
    await refusedLater('not-finite', () =>
      residuals.compress(update(noise().fill(Number.NaN, 3, 4), next), plain, coarse),
    );
    await assert.rejects(
      residuals.compress(update(noise(), next), plain, () => {
        throw new Error('cannot');
      }),
      /cannot/,
    );
    const step = reference();
    const first = coarse(update(change));
    step(change, () => decodeAll(first.payload, first.codecs, tensors));
    const other = noise();
    await residuals.compress(update(other, next), plain, (one) => {
      near(
        readVector(one.payload, SIZE),
        step(other, () => new Float32Array(SIZE)),
        'after the refusals',
      );
      return coarse(one);
    });
  });

  it('refuse a momentum that is none', async () => {
    for (const momentum of [1, -0.1, Number.NaN]) {
      await refusedLater('bad-setting', () =>
        createResiduals('q').compress(update(noise()), { name: 'momentum', momentum }, coarse),
      );
    }
    const coded = coarse(update(noise()));
    const again = { fl: { ...update([]).fl, codecs: coded.codecs }, payload: coded.payload };
    await refusedLater('codec-order', () => createResiduals('q').compress(again, plain, coarse));
    refused('codec-order', () => coarse(again));
  });
});
