import assert from 'node:assert/strict';
import { createFrameSize } from '../../../lib/board/frame-size';
import { createSession, type Session, type SessionEnd } from '../../../lib/board/session';
import { generator } from '../../../lib/random/generator';
import { type ManualClock, manualClock } from '../federation/manual-clock';
import { type Faults, type FaultyLine, faultyLine } from './faulty-line';
import { type PaperBoard, paperBoard, type Welcome } from './paper-board';

interface Ends {
  clock: ManualClock;
  line: FaultyLine;
  board: PaperBoard;
  session: Session;
  toBoard: string[];
  toHost: string[];
  ends: SessionEnd[];
  ready: string[];
}

const RATE = 11520;

function connect(faults: Faults, seed = 1, welcome?: Partial<Welcome>): Ends {
  const clock = manualClock();
  const [toBoard, toHost, ready]: string[][] = [[], [], []];
  const ends: SessionEnd[] = [];
  const line = faultyLine(
    { clock, seed, bytesPerSecond: RATE, delayMs: 2, toBoard: faults, toHost: faults },
    (bytes) => board.receive(bytes),
    (bytes) => session.receive(bytes),
  );
  const board = paperBoard({
    clock,
    write: line.toHost.write,
    onMessage: (message) => toBoard.push(Buffer.from(message).toString('hex')),
    welcome,
    bytesPerSecond: RATE,
  });
  const session = createSession({
    clock,
    write: line.toBoard.write,
    bytesPerSecond: RATE,
    session: 0xabcdef01,
    size: createFrameSize(),
    onReady: ({ id }) => ready.push(id),
    onMessage: (message) => toHost.push(Buffer.from(message).toString('hex')),
    onEnd: (end) => ends.push(end),
  });
  return { clock, line, board, session, toBoard, toHost, ends, ready };
}

function until(clock: ManualClock, done: () => boolean, most: number): void {
  const end = clock.now() + most;
  while (!done()) {
    assert.ok(clock.now() < end, `not done after ${most} ms`);
    clock.advance(clock.next ?? 1);
  }
}

function messages(count: number, most: number, seed: number): Buffer[] {
  const random = generator(seed, 'messages');
  return Array.from({ length: count }, () =>
    Buffer.from(Array.from({ length: 1 + random.below(most) }, () => random.below(256))),
  );
}

const faults: Record<string, Faults> = {
  'a perfect line': {},
  'a bit error rate of 1e-4': { bitErrors: 1e-4 },
  'a bit error rate of 1e-3': { bitErrors: 1e-3 },
  'one frame in a hundred lost, doubled and cut': { lost: 0.01, doubled: 0.01, cut: 0.01 },
  'one frame in twenty lost, doubled and cut': { lost: 0.05, doubled: 0.05, cut: 0.05 },
};

describe('a session with a board', () => {
  for (const [name, fault] of Object.entries(faults)) {
    it(`brings everything once and in order both ways over ${name}`, () => {
      for (let seed = 1; seed <= 3; seed++) {
        const ends = connect(fault, seed);
        until(ends.clock, () => ends.ready.length > 0, 60_000);
        const down = messages(300, fault.bitErrors === 1e-3 ? 64 : 300, seed);
        const up = messages(300, fault.bitErrors === 1e-3 ? 64 : 300, seed + 100);
        for (const one of down) ends.session.send(one);
        for (const one of up) ends.board.send(one);
        until(ends.clock, () => ends.toBoard.length === 300 && ends.toHost.length === 300, 600_000);
        // What still arrives must bring nothing twice.
        ends.clock.advance(5000);
        assert.deepEqual(
          ends.toBoard,
          down.map((one) => one.toString('hex')),
        );
        assert.deepEqual(
          ends.toHost,
          up.map((one) => one.toString('hex')),
        );
        assert.deepEqual(ends.ends, []);
        if (name === 'a perfect line') assert.equal(ends.session.again + ends.board.again, 0);
      }
    });
  }

  it('never has more out than the board has slots and bytes for', () => {
    const clock = manualClock();
    let bytes = 0;
    let frames = 0;
    const board = paperBoard({
      clock,
      write: (some) => clock.after(1, () => session.receive(some)),
      onMessage() {},
      welcome: { slots: 5, ring: 600 },
    });
    let heard = true;
    const session: Session = createSession({
      clock,
      write(some) {
        if (heard) board.receive(some);
        else {
          bytes += some.length;
          frames += some.filter((byte) => byte === 0).length;
        }
      },
      session: 5,
      size: createFrameSize(),
      onReady() {},
      onMessage() {},
      onEnd() {},
    });
    clock.advance(300);
    heard = false;
    for (const one of messages(100, 60, 1)) session.send(one);
    assert.ok(bytes <= 600 && frames <= 5 && frames >= 4, `${frames} frames of ${bytes} bytes`);
  });

  it('takes the line for dead after three seconds of silence, and not before', () => {
    const ends = connect({});
    until(ends.clock, () => ends.ready.length > 0, 1000);
    ends.clock.advance(60_000);
    assert.deepEqual(ends.ends, []);
    ends.line.unplug();
    ends.clock.advance(2700);
    assert.deepEqual(ends.ends, []);
    ends.clock.advance(600);
    assert.deepEqual(ends.ends, [{ end: 'silent' }]);
  });

  it('notices within half a second that the board has started anew', () => {
    const ends = connect({});
    until(ends.clock, () => ends.ready.length > 0, 1000);
    ends.board.reset(8);
    ends.clock.advance(500);
    assert.deepEqual(ends.ends, [{ end: 'lost' }]);
  });

  it('says which versions a board of another protocol speaks', () => {
    const ends = connect({}, 1, { version: 0, lowest: 2, highest: 3 });
    ends.clock.advance(1000);
    assert.deepEqual(ends.ends, [{ end: 'version', lowest: 2, highest: 3 }]);
    assert.deepEqual(ends.ready, []);
  });

  it('stays without a greeting, and knows that something is there, when another device talks', () => {
    const clock = manualClock();
    const random = generator(4, 'rubbish');
    const written: Uint8Array[] = [];
    const session = createSession({
      clock,
      write: (bytes) => written.push(bytes),
      session: 9,
      size: createFrameSize(),
      onReady: () => assert.fail('greeted by rubbish'),
      onMessage: () => assert.fail('a message of rubbish'),
      onEnd: () => assert.fail('ended by rubbish'),
    });
    assert.equal(session.babble, false);
    for (let k = 0; k < 3000; k++) {
      session.receive(Uint8Array.from({ length: 50 }, () => random.below(256)));
      clock.advance(5);
    }
    assert.equal(session.babble, true);
    // It goes on greeting, some four times a second at first and then once.
    assert.ok(written.length >= 15 && written.length <= 30, `${written.length}`);
    session.close();
    assert.equal(clock.waiting, 0);
  });
});
