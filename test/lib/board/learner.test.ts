/** A board behind a participant: the same bits as the gateway's own training, and nothing wrong ever leaves. */
import assert from 'node:assert/strict';
import type { BoardUpdate } from '../../../lib/board/board';
import { BOARD_CODEC } from '../../../lib/board/check-update';
import { type BoardLearner, type BoardLearnerParts, boardLearner } from '../../../lib/board/learner';
import { AWAY_MS } from '../../../lib/board/presence';
import { gatewayLearner } from '../../../lib/federation/gateway-learner';
import type { LearningTask } from '../../../lib/federation/learner';
import { initialWeights } from '../../../lib/model';
import type { RefusedError } from '../../../lib/refused';
import { createCoreEngine } from '../../../lib/training/core/engine';
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
