import assert from 'node:assert/strict';
import type { BoardState } from '../../lib/board/board';
import { createBoard } from '../../lib/board/create-board';
import { parseSpec } from '../../lib/model';
import { generator } from '../../lib/random/generator';
import { type BadLine, type Bench, type BenchBoard, badLine, createBench } from './bench';
import { type FederationPlan, type Member, type Outcome, onGateways, runFederation } from './members';
import { compilers } from './qemu-board';

const spec = parseSpec({
  version: 1,
  task: 'classify',
  input: [12],
  layers: [
    { type: 'dense', units: 24, activation: 'relu' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
  labels: ['low', 'middle', 'high'],
  seed: 4,
});
const rounds = 10;
const rows = 120;
/** About a second of training in QEMU: there is a middle to be disturbed in. */
const training = { epochs: 240, batchSize: 4, optimizer: 'sgd' as const, learningRate: 0.005 };

interface Disturbed {
  boards: BenchBoard[];
  lines: BadLine[];
  outcome: Outcome;
}

describe('bad days of boards in QEMU', function () {
  this.timeout(600_000);
  let bench: Bench;
  let expected: Buffer;
  const names = ['one', 'two'];

  const planOf = (members: Member[]): FederationPlan => ({ spec, rows, rounds, training, members });
  before(async () => {
    const perfect = await runFederation(onGateways(planOf(names.map((name, i) => ({ name, bits: i === 0 ? 0 : 8 })))));
    expected = Buffer.from(perfect.weights.buffer);
  });
  beforeEach(() => {
    bench = createBench();
  });
  afterEach(() => bench.close());

  /** A federation of two boards; `disturb` is called when a model goes out, `inTraining` with each progress that is told. */
  async function disturbed(
    faults: Parameters<typeof badLine>[1],
    disturb: (parts: Omit<Disturbed, 'outcome'>) => void = () => {},
    inTraining: (board: BenchBoard, round: number) => void = () => {},
  ): Promise<Disturbed> {
    const boards = await Promise.all(compilers.map((compiler) => bench.board(compiler)));
    const lines = boards.map(({ openLine }, i) => badLine(openLine, faults, 100 * (i + 1)));
    const members = lines.map(({ openLine }, i): Member => ({ name: names[i], bits: i === 0 ? 0 : 8, openLine }));
    const started = Date.now();
    const outcome = await runFederation({
      ...planOf(members),
      onRound: () => disturb({ boards, lines }),
      onTraining: (member, round) => inTraining(boards[member], round),
    });
    const seconds = (Date.now() - started) / 1000;
    for (const { bytesIn, bytesOut, framesAgain, framesDamaged, sessions } of outcome.figures) {
      console.log(
        `      ${bytesOut} B out, ${bytesIn} B in, ${framesAgain} frames sent again, ${framesDamaged} came damaged, ` +
          `${sessions} sessions, ${seconds.toFixed(0)} s`,
      );
    }
    return { boards, lines, outcome };
  }
  /** Each finished round has all updates, once, and the model is that of a perfect line. */
  function assertUndisturbed({ outcome }: Disturbed): void {
    assert.deepEqual(outcome.refused, []);
    assert.deepEqual(outcome.updates, Array(rounds).fill(names.length));
    assert.ok(Buffer.from(outcome.weights.buffer).equals(expected), 'other bits than on a perfect line');
  }
  const soon = (ms: number, call: () => void): void => void setTimeout(call, ms);

  it('a bit error rate of 1e-4', async () => {
    const day = await disturbed({ bitErrors: 1e-4 });
    assertUndisturbed(day);
    assert.ok(day.outcome.figures.some(({ framesDamaged, framesAgain }) => framesDamaged + framesAgain > 0));
  });

  it('1 % of frames lost, doubled and cut', async () => {
    const day = await disturbed({ lost: 0.01, doubled: 0.01, cut: 0.01 });
    assertUndisturbed(day);
    assert.ok(day.outcome.figures.some(({ framesAgain }) => framesAgain > 0));
  });

  it('pulled out three times in each round', async () => {
    const random = generator(1, 'unplug');
    const day = await disturbed({}, ({ lines }) => {
      // Whatever crosses in a round, weights out and update in, is about 3,000 bytes.
      for (const line of lines) line.unplugAfter([0, 1, 2].map(() => 1 + random.below(1500)));
    });
    assertUndisturbed(day);
    for (const { unplugs } of day.lines) assert.ok(unplugs > 2 * rounds, `only ${unplugs} unplugs`);
    console.log(`      ${day.lines.map(({ unplugs }) => unplugs).join(' and ')} times pulled out in ${rounds} rounds`);
  });

  it('reset while it trains', async () => {
    const reset = new Set<string>();
    const day = await disturbed(
      {},
      () => {},
      (board, round) => {
        // Once in each round: the board has told of progress, so it is in the middle.
        if (reset.has(`${board.id} ${round}`)) return;
        reset.add(`${board.id} ${round}`);
        board.qemu.pressReset().catch(() => {});
      },
    );
    assertUndisturbed(day);
    // A training that is over before it tells of progress is not disturbed.
    console.log(`      ${reset.size} trainings of ${rounds * names.length} were reset in the middle`);
    assert.ok(reset.size >= rounds, `only ${reset.size} resets`);
    for (const { sessions } of day.outcome.figures) assert.ok(sessions > rounds / 4);
  });

  it('QEMU killed at any instant, and started again', async () => {
    const random = generator(2, 'kills');
    const failures: unknown[] = [];
    let kills = 0;
    const day = await disturbed({}, ({ boards }) => {
      const board = boards[kills++ % boards.length];
      soon(random.below(400), () => {
        board.restart().catch((error) => failures.push(error));
      });
    });
    assertUndisturbed(day);
    assert.deepEqual(failures, []);
    assert.ok(kills >= rounds);
  });

  it('another board at the same port is noticed', async () => {
    const [first, second] = [await bench.board('gcc'), await bench.board('gcc')];
    const states: BoardState[] = [];
    let changed: () => void = () => {};
    let behind = first;
    const board = createBoard({
      openLine: (events, wanted) => behind.openLine(events, wanted),
      onState(state) {
        states.push(state);
        changed();
      },
    });
    const until = async (reached: (state: BoardState) => boolean): Promise<BoardState> => {
      while (!reached(board.state)) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return board.state;
    };
    try {
      const ready = await until(({ state }) => state === 'ready');
      assert.equal(ready.state === 'ready' && ready.identity.id, first.id);
      behind = second;
      await first.qemu.kill();
      const refused = await until(({ state }) => state === 'refused');
      assert.ok(refused.state === 'refused');
      assert.match(refused.code, /board/);
    } finally {
      await board.close();
    }
  });
});
