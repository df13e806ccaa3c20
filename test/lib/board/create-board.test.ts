import assert from 'node:assert/strict';
import type { Board, BoardEvent, BoardParts, BoardState } from '../../../lib/board/board';
import { createBoard } from '../../../lib/board/create-board';
import { sampleBank } from '../../../lib/data';
import { defaultModel, fingerprint, layoutOf } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import { type ManualClock, manualClock } from '../federation/manual-clock';
import type { LineOptions } from './faulty-line';
import type { Welcome } from './paper-board';
import { type PluggedLine, pluggedLine } from './plugged';
import { type ToyDevice, toyDevice, toyUpdate } from './toy-device';
import { inTime } from './virtual-time';

const RATE = 11520;
const CAPACITY = 60;
const spec = defaultModel({ task: 'regress', input: [5], outputs: 1, seed: 1 });
const layout = layoutOf(spec);
const model = { spec, layout, fingerprint: fingerprint(spec), training: { batchSize: 8, optimizer: 'sgd' as const } };
const options = { epochs: 2, batchSize: 8, optimizer: 'sgd' as const, learningRate: 0.1, seed: 3 };
const control = () => ({ signal: new AbortController().signal, onProgress() {} });
const weights = (seed: number): Float32Array => {
  const random = generator(seed, 'weights');
  return Float32Array.from({ length: layout.size }, () => random.normal());
};

interface Setup {
  clock: ManualClock;
  board: Board;
  device: ToyDevice;
  plugged: PluggedLine;
  bank: ReturnType<typeof sampleBank>;
  states: BoardState[];
  events: BoardEvent[];
  add(count: number): void;
}

function setup(
  line: Omit<LineOptions, 'clock' | 'seed'> = {},
  parts: Partial<BoardParts> & { welcome?: Partial<Welcome>; tamper?(message: Buffer): Buffer | undefined } = {},
  seed = 1,
): Setup {
  const clock = manualClock();
  const random = generator(seed, 'rows');
  const bank = sampleBank({ width: 5, targetWidth: 1, capacity: CAPACITY, eviction: 'oldest' });
  const states: BoardState[] = [];
  const events: BoardEvent[] = [];
  const plugged = pluggedLine({ clock, seed, bytesPerSecond: RATE, delayMs: 1, ...line }, (bytes) =>
    device.receive(bytes),
  );
  const device = toyDevice({
    clock,
    write: plugged.fromBoard,
    bytesPerSecond: RATE,
    parameters: layout.size,
    numbers: 6,
    welcome: parts.welcome,
    tamper: parts.tamper,
  });
  let sessions = 100 * seed;
  const board = createBoard({
    openLine: plugged.openLine,
    bank,
    clock,
    newSession: () => ++sessions,
    onState: (state) => states.push(state),
    onEvent: (event) => events.push(event),
    ...parts,
  });
  return {
    clock,
    board,
    device,
    plugged,
    bank,
    states,
    events,
    add(count) {
      const values = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
      bank.add({ features: values(count * 5), targets: values(count), count });
    },
  };
}

/** The update that the toy device must give for what the bank holds. */
function expected({ bank }: Setup, from: Float32Array): Buffer {
  const { features, targets, count } = bank.block();
  const rows = Array.from({ length: count }, (_, i) => [...features.subarray(5 * i, 5 * i + 5), targets[i]]);
  return Buffer.from(toyUpdate(from, rows).buffer);
}

const key = (round: number): string => round.toString(16).padStart(16, '0');

describe('a board that is brought to where it should be', () => {
  it('is not asked by a version of the protocol that it speaks for what came later', async () => {
    // This toy speaks version 1, as the boards of the other tests here.
    const { clock, board, add } = setup();
    add(10);
    const refusal = { code: 'board-firmware', message: /knows plain training only, .* flash the newest/ };
    await inTime(clock, board.use(model));
    await inTime(clock, board.commit(weights(1), undefined));
    const proximal = { key: key(1), options: { ...options, proximal: 0.1 }, bits: 0 as const };
    await assert.rejects(inTime(clock, board.train(proximal, control())), refusal);
    await assert.rejects(inTime(clock, board.measure({ key: key(2), options, gradient: true }, control())), refusal);
    await assert.rejects(inTime(clock, board.use({ ...model, vectors: { control: true } })), refusal);
    const plain = await inTime(clock, board.train({ key: key(3), options, bits: 0 }, control()));
    assert.equal(plain.samples, 10);
    await board.close();
  });

  it('is greeted, loaded, given rows and weights, trained and read', async () => {
    const one = setup();
    const { clock, board, device } = one;
    one.add(25);
    const fit = await inTime(clock, board.use(model));
    assert.equal(fit.fits, true);
    for (let round = 1; round <= 3; round++) {
      await inTime(clock, board.commit(weights(round), undefined));
      await inTime(clock, board.bankChanged());
      const update = await inTime(clock, board.train({ key: key(round), options, bits: 0 }, control()));
      assert.ok(update.payload.equals(expected(one, weights(round))));
      assert.equal(update.samples, one.bank.count);
      one.add(25);
    }
    // 25, 50, and 60 of 75: the buffer turns over, and no row is sent a second time.
    assert.equal(device.rowsTaken, 75);
    assert.equal(device.begun, 3);
    assert.deepEqual(
      one.states.map(({ state }) => state),
      ['greeting', 'ready'],
    );
    await board.close();
    const { written } = one.plugged.line.toBoard;
    clock.advance(20_000);
    assert.equal(one.plugged.line.toBoard.written, written);
  });

  for (const silently of [false, true]) {
    it(`finishes each round with the same bits through three unplugs a round${silently ? ' that nobody tells of' : ''}`, async () => {
      for (let seed = 1; seed <= 5; seed++) {
        const one = setup({}, {}, seed);
        const { clock, board, device, plugged } = one;
        const random = generator(seed, 'unplugs');
        one.add(40);
        await inTime(clock, board.use(model));
        for (let round = 1; round <= 3; round++) {
          for (let pull = 0; pull < 3; pull++) {
            clock.after(random.below(3000), () => plugged.pull(random.below(2500), silently));
          }
          await inTime(clock, board.commit(weights(round), undefined));
          const update = await inTime(clock, board.train({ key: key(round), options, bits: 0 }, control()));
          assert.ok(update.payload.equals(expected(one, weights(round))));
          one.add(30);
        }
        // Without a reset no row and no training is needed twice.
        assert.equal(device.rowsTaken, 40 + 30 + 30);
        assert.equal(device.done, 3);
        await board.close();
      }
    });
  }

  it('gives rows, model and weights back after a reset at any moment, and trains to the same bits', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const one = setup({}, {}, seed);
      const { clock, board, device } = one;
      const random = generator(seed, 'resets');
      one.add(75 + random.below(30));
      await inTime(clock, board.use(model));
      await inTime(clock, board.commit(weights(seed), undefined));
      clock.after(random.below(1500), device.reset);
      clock.after(random.below(4000), device.reset);
      const update = await inTime(clock, board.train({ key: key(seed), options, bits: 0 }, control()));
      assert.ok(update.payload.equals(expected(one, weights(seed))));
      assert.equal(update.samples, CAPACITY);
      await board.close();
    }
  });

  it('gives the same bits over a bad line', async () => {
    const faults = [
      { bitErrors: 1e-4 },
      { lost: 0.01, doubled: 0.01, cut: 0.01 },
      { bitErrors: 3e-4, lost: 0.05, doubled: 0.05, cut: 0.05 },
    ];
    for (const [seed, fault] of faults.entries()) {
      const one = setup({ toBoard: fault, toHost: fault }, {}, seed + 1);
      one.add(50);
      await inTime(one.clock, one.board.use(model));
      for (let round = 1; round <= 5; round++) {
        await inTime(one.clock, one.board.commit(weights(round), undefined));
        const update = await inTime(one.clock, one.board.train({ key: key(round), options, bits: 0 }, control()));
        assert.ok(update.payload.equals(expected(one, weights(round))));
        one.add(7);
      }
      assert.equal(one.device.done, 5);
      await one.board.close();
    }
  });

  it('reads garbage at connect, and goes on', async () => {
    const one = setup();
    const random = generator(1, 'garbage');
    const garbage = Uint8Array.from({ length: 3000 }, () => random.below(256));
    one.clock.after(5, () => one.plugged.line.toHost.write(garbage));
    one.plugged.line.toBoard.write(Buffer.from('AT+GMM\r\nATI\r\n'));
    await inTime(one.clock, one.board.use(model), 3000);
    await one.board.close();
  });

  it('refuses another board on the path, looks again, and takes the right one when it is back', async () => {
    const one = setup({}, { id: 'ff'.repeat(16) });
    one.clock.advance(1);
    const use = one.board.use(model);
    await assert.rejects(inTime(one.clock, use, 20_000), /not done after/);
    const { state } = one.board;
    assert.ok(state.state === 'refused' && state.code === 'other-board');
    assert.ok(one.plugged.opened >= 3);
    one.device.become('ff'.repeat(16));
    assert.equal((await inTime(one.clock, use, 10_000)).fits, true);
    await one.board.close();
  });

  it('says that a board speaks another protocol', async () => {
    const one = setup({}, { welcome: { version: 0, lowest: 3, highest: 4 } });
    await assert.rejects(inTime(one.clock, one.board.use(model), 1000), /not done after/);
    const { state } = one.board;
    assert.ok(state.state === 'refused' && state.code === 'board-protocol' && /3 to 4/.test(state.reason));
    await one.board.close();
  });

  it('says that another device is on the port', async () => {
    const clock = manualClock();
    const states: BoardState[] = [];
    const board = createBoard({
      clock,
      async openLine(events) {
        const talk = (): void => {
          events.bytes(Buffer.from('temperature=21.4\r\n'));
          clock.after(300, talk);
        };
        clock.after(300, talk);
        return { write() {}, async close() {} };
      },
      onState: (state) => states.push(state),
    });
    await assert.rejects(inTime(clock, board.use(model), 7000), /not done after/);
    const last = states.at(-1);
    assert.ok(last?.state === 'refused' && last.code === 'no-board');
    await board.close();
  });
});

type Tamper = (message: Buffer) => Buffer;
const change =
  (code: number, edit: (message: Buffer) => void): Tamper =>
  (message) => {
    if (message[0] !== code || message[2] > 2) return message;
    const copy = Buffer.from(message);
    edit(copy);
    return copy;
  };
/** Places in the event JOB behind code and tag. */
const JOB = { rows: 12, steps: 16, loss: 20, bytes: 40, sha256: 44 };

const liars: Record<string, Tamper> = {
  'tells a loss that is NaN': change(0xc1, (event) => event.writeDoubleLE(Number.NaN, JOB.loss)),
  'counts more rows than it has': change(0xc1, (event) => event.writeUInt32LE(1000, JOB.rows)),
  'counts no rows': change(0xc1, (event) => event.writeUInt32LE(0, JOB.rows)),
  'made other steps than it was told': change(0xc1, (event) => event.writeUInt32LE(1, JOB.steps)),
  'tells of an update of 4 GB': change(0xc1, (event) => event.writeUInt32LE(0xfffffffc, JOB.bytes)),
  'tells another hash than its update has': change(0xc1, (event) => event.fill(7, JOB.sha256)),
  'sends NaN': change(0x93, (block) => block.writeFloatLE(Number.NaN, 7)),
  'sends a block of another place': change(0x93, (block) => block.writeUInt32LE(8, 3)),
  'has the model of somebody else': change(0x81, (status) => status.fill(0xab, 4, 12)),
  'uses weights of somebody else': change(0x81, (status) => status.fill(0xab, 12, 20)),
  'is in a state that there is not': change(0x81, (status) => status.writeUInt8(9, 3)),
  'wants to make other steps': change(0xb0, (answer) => answer.writeUInt32LE(77, 3)),
};

describe('a board that lies', () => {
  for (const [what, tamper] of Object.entries(liars)) {
    it(`is refused when it ${what}`, async () => {
      const one = setup({}, { tamper });
      one.add(20);
      const round = async (): Promise<void> => {
        await one.board.use(model);
        await one.board.commit(weights(1), undefined);
        await one.board.train({ key: key(1), options, bits: 0 }, control());
      };
      await assert.rejects(inTime(one.clock, round(), 60_000), { name: 'RefusedError', code: 'board-lies' });
      await one.board.close();
    });
  }
});
