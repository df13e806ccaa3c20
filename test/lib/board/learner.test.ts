/** A board behind a participant: the same bits as the gateway's own training, and nothing wrong ever leaves. */
import assert from 'node:assert/strict';
import type { BoardUpdate } from '../../../lib/board/board';
import { BOARD_CODEC } from '../../../lib/board/check-update';
import { type BoardLearner, type BoardLearnerParts, boardLearner } from '../../../lib/board/learner';
import { AWAY_MS } from '../../../lib/board/presence';
import { systemClock } from '../../../lib/federation/clock';
import { gatewayLearner } from '../../../lib/federation/gateway-learner';
import type { LearningTask } from '../../../lib/federation/learner';
import { initialWeights } from '../../../lib/model';
import type { RefusedError } from '../../../lib/refused';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { LocalRule } from '../../../lib/update/message';
import { manualClock } from '../federation/manual-clock';
import { toyBank, toyModel } from '../federation/toy';
import { type FakeBoard, fakeBoard, identity } from './fake-board';

const model = toyModel();
const ready = { state: 'ready', identity } as const;
const task = (change: Partial<LearningTask> = {}): LearningTask => ({
  weights: initialWeights(model.spec),
  normalisation: { mean: [1, 100], std: [2, 10] },
  round: 3,
  options: { epochs: 2, batchSize: 4, optimizer: 'adam', learningRate: 0.01, seed: 9 },
  ...change,
});
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

interface Bench {
  board: FakeBoard;
  learner: BoardLearner;
  clock: ReturnType<typeof manualClock>;
  bank: ReturnType<typeof toyBank>;
  trouble: unknown[];
}

function bench(change: Partial<BoardLearnerParts> = {}): Bench {
  const bank = toyBank('a');
  const clock = manualClock();
  const trouble: unknown[] = [];
  let learner: BoardLearner | undefined;
  const board = fakeBoard({ bank, onState: (state) => learner?.stateChanged(state) });
  learner = boardLearner({
    board,
    model,
    bits: 0,
    bank,
    clock,
    onTrouble: (error) => trouble.push(error),
    ...change,
  });
  return { board, learner, clock, bank, trouble };
}
const control = (deadlineMs = 60_000) => {
  const stop = new AbortController();
  return { signal: stop.signal, stop, deadlineMs, onProgress: () => {} };
};
const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: RefusedError) => error.code,
  );

describe('a board as a learner', () => {
  it('answers with what the gateway would have made of the same rows, float32 or quantised', async () => {
    for (const bits of [0, 8] as const) {
      const it = bench({ bits });
      it.board.say(ready);
      const update = await it.learner.learn(task(), control());
      const engine = createCoreEngine();
      const gateway = gatewayLearner({ model, bank: it.bank, train: (job) => engine.train(job) });
      const own = await gateway.learn(task(), control());
      assert.deepEqual([update.samples, update.metrics.steps], [own.samples, own.metrics.steps]);
      assert.deepEqual(update.codecs, bits === 8 ? [BOARD_CODEC] : []);
      if (bits === 0) assert.deepEqual(update.payload, own.payload);
      else assert.ok(update.payload.length < own.payload.length);
      assert.deepEqual(it.learner.statistics(control()), it.bank.statistics());
      assert.deepEqual(it.learner.inUse?.round, 3);
    }
  });

  it('takes the terms of a strategy as the gateway does, and then always in float32', async () => {
    const vector = (size: number): Float32Array => initialWeights(model.spec).map((_, i) => size * Math.sin(i + 1));
    const cases: Partial<LearningTask>[] = [
      { control: vector(0.05), atStart: { loss: true, gradient: true } },
      { anchor: vector(0.4), options: { ...task().options, proximal: 0.5 } },
      { control: vector(0.02), anchor: vector(0.4), options: { ...task().options, proximal: 0.5, fullBatch: true } },
      { atStart: { loss: true } },
    ];
    const keys = new Set<string>();
    for (const change of cases) {
      const bits = change.control ? 8 : 0;
      const it = bench({ bits });
      it.board.say(ready);
      const { metrics, ...update } = await it.learner.learn(task(change), control());
      const engine = createCoreEngine();
      const gateway = gatewayLearner({ model, bank: it.bank, train: (job) => engine.train(job) });
      const { metrics: told, ...own } = await gateway.learn(task(change), control());
      assert.deepEqual(update, own);
      assert.deepEqual({ ...metrics, durationMs: 0 }, { ...told, durationMs: 0 });
      for (const key of it.board.keys) keys.add(key);
    }
    assert.equal(keys.size, 6, 'a key for each');
  });

  it('tells the loss of weights without training', async () => {
    const it = bench();
    it.board.say(ready);
    const engine = createCoreEngine();
    const gateway = gatewayLearner({ model, bank: it.bank, train: (job) => engine.train(job) });
    const { metrics } = await gateway.learn(task({ atStart: { loss: true } }), control());
    assert.equal(await it.learner.lossOf?.(task(), control()), metrics.startLoss);
    assert.ok(!it.board.asked.includes('train'));
  });

  it('says before a round what its memory cannot hold, and takes part again when that is not asked any more', async () => {
    const it = bench();
    it.board.full(({ vectors }) => vectors?.control === true);
    it.board.say(ready);
    await settle();
    assert.equal(it.learner.obstacle, undefined);
    const { weights, round, options } = task();
    const hear = async (local: LocalRule | undefined): Promise<void> => {
      it.learner.hear?.({ weights, round }, { options, final: false, ...(local && { local }) });
      await settle();
    };
    await hear({ name: 'scaffold', option: 2 });
    assert.match(it.learner.obstacle ?? '', /^The model with the control vector .* \d+ bytes too many: /);
    assert.equal(await code(it.learner.learn(task({ control: weights }), control())), 'board-memory');
    await hear(undefined);
    assert.equal(it.learner.obstacle, undefined);
    assert.equal((await it.learner.learn(task(), control())).samples, 20);
  });

  it('keeps the room of a vector while others train in between', async () => {
    const it = bench();
    it.board.say(ready);
    const { weights, options } = task();
    for (const change of [
      { control: weights },
      {},
      { anchor: weights.map((w) => w + 1), options: { ...options, proximal: 1 } },
      {},
    ]) {
      await it.learner.learn(task(change), control());
    }
    assert.deepEqual(
      it.board.loaded.slice(-4).map(({ vectors }) => vectors),
      [
        { control: true, anchor: false },
        { control: true, anchor: false },
        { control: true, anchor: true },
        { control: true, anchor: true },
      ],
    );
  });

  const lies: [string, (update: BoardUpdate) => BoardUpdate][] = [
    ['numbers that are none', (update) => ({ ...update, payload: Buffer.alloc(update.payload.length, 0xff) })],
    ['too few numbers', (update) => ({ ...update, payload: update.payload.subarray(4) })],
    ['too many numbers', (update) => ({ ...update, payload: Buffer.concat([update.payload, Buffer.alloc(4)]) })],
    ['rows that it does not have', (update) => ({ ...update, samples: 1_000_000 })],
    ['fewer rows than it was given', (update) => ({ ...update, samples: 1 })],
    ['no rows', (update) => ({ ...update, samples: 0 })],
    ['half a row', (update) => ({ ...update, samples: 19.5 })],
    ['another codec', (update) => ({ ...update, codecs: [{ ...BOARD_CODEC, grid: 'affine' }] })],
  ];
  for (const bits of [0, 8] as const) {
    for (const [what, lie] of lies) {
      it(`that tells ${what} is not believed (${bits === 8 ? '8 bits' : 'float32'})`, async () => {
        const it = bench({ bits });
        it.board.say(ready);
        it.board.lie(lie);
        assert.equal(await code(it.learner.learn(task(), control())), 'board-lies');
      });
    }
  }

  it('gives the same work on the same rows the same key, and other work another one', async () => {
    const first = bench();
    const again = bench();
    for (const { board, learner, bank } of [first, again]) {
      board.say(ready);
      await learner.learn(task(), control());
      await learner.learn(task({ options: { ...task().options, seed: 10 } }), control());
      await learner.learn(task({ normalisation: undefined }), control());
      bank.clear();
      bank.add(toyBank('b').block());
      await learner.learn(task(), control());
    }
    assert.deepEqual(first.board.keys, again.board.keys);
    assert.equal(new Set(first.board.keys).size, 4);
    for (const key of first.board.keys) assert.match(key, /^[0-9a-f]{16}$/);
  });

  it('is no participant before it has been there, when another board is, and when it has been away for long', async () => {
    const it = bench();
    assert.match(it.learner.obstacle ?? '', /has not answered yet/);
    it.board.say(ready);
    assert.match(it.learner.obstacle ?? '', /on its way/);
    await settle();
    assert.equal(it.learner.obstacle, undefined);
    it.board.say({ state: 'absent', reason: 'The cable is out.' });
    it.board.say({ state: 'greeting' });
    it.board.say({ state: 'absent', reason: 'The cable is out.' });
    it.clock.advance(AWAY_MS - 1);
    assert.equal(it.learner.obstacle, undefined);
    it.clock.advance(1);
    assert.equal(it.learner.obstacle, 'The board is away: The cable is out.');
    it.board.say(ready);
    assert.equal(it.learner.obstacle, undefined);
    it.board.say({ state: 'refused', code: 'other-board', reason: 'Another board is here.' });
    assert.equal(it.learner.obstacle, 'Another board is here.');
  });

  it('may go away for a moment while it trains', async () => {
    const it = bench();
    it.board.say(ready);
    const release = it.board.hold();
    const update = it.learner.learn(task(), control());
    await settle();
    it.board.say({ state: 'absent', reason: 'reset' });
    it.clock.advance(AWAY_MS - 1);
    it.board.say(ready);
    it.clock.advance(AWAY_MS);
    release();
    assert.equal((await update).samples, 20);
  });

  it('keeps nobody waiting when it does not come back, nor beyond the deadline', async () => {
    const it = bench();
    it.board.say(ready);
    it.board.hold();
    const lost = code(it.learner.learn(task(), control()));
    await settle();
    it.board.say({ state: 'absent', reason: 'The cable is out.' });
    it.clock.advance(AWAY_MS);
    assert.equal(await lost, 'board-away');

    it.board.say(ready);
    const late = code(it.learner.learn(task(), control(3000)));
    await settle();
    it.board.say({ state: 'absent', reason: 'The cable is out.' });
    it.clock.advance(3000);
    assert.equal(await late, 'board-away');
    it.board.say(ready);
    // What is over does not hold up what comes.
    it.board.hold()();
    assert.equal((await it.learner.learn(task(), control())).samples, 20);
  });

  it('waits for a reset to be over also where there is no deadline', async () => {
    const it = bench({ clock: systemClock });
    it.board.say(ready);
    const release = it.board.hold();
    const update = it.learner.learn(task(), control(Number.POSITIVE_INFINITY));
    await settle();
    it.board.say({ state: 'absent', reason: 'reset' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    it.board.say(ready);
    release();
    assert.equal((await update).samples, 20);
  });

  it('predicts with the newest model that it has heard of', async () => {
    const it = bench();
    it.board.say(ready);
    assert.equal(await code(it.learner.predict(Float32Array.of(1, 2), control().signal)), 'no-weights');
    for (const round of [1, 2, 3]) {
      it.learner.hear?.({ weights: Float32Array.of(round, 0, 0), normalisation: undefined, round });
    }
    await settle();
    assert.deepEqual([...(await it.learner.predict(Float32Array.of(5, 7), control().signal))], [15]);
    // Those that were overtaken were not sent at all.
    assert.equal(it.board.asked.filter((what) => what === 'commit').length, 1);
    assert.deepEqual(it.trouble, []);
  });

  it('is done with everything when it is closed', async () => {
    const it = bench();
    it.board.say(ready);
    it.board.hold();
    const open = code(it.learner.learn(task(), control()));
    await settle();
    it.learner.close();
    assert.equal(await open, 'board-away');
    assert.deepEqual(it.trouble, []);
  });
});
