import assert from 'node:assert/strict';
import { frameBytes } from '../../../lib/board/frame';
import { createFrameSize, type FrameSize } from '../../../lib/board/frame-size';
import { generator } from '../../../lib/random/generator';

const MOST = 1008;

/** Sends so many bytes in frames of the size of the moment over a line that turns each bit with this chance. */
function send(size: FrameSize, bytes: number, bitErrors: number, seed: number): void {
  const random = generator(seed, 'frame size');
  for (let sent = 0; sent < bytes; ) {
    const length = frameBytes(size.payload(MOST));
    sent += length;
    if (random.uniform() < (1 - bitErrors) ** (8 * length)) size.came(length);
    else size.lost(length);
  }
}

/** What of the line's bytes are data that come whole: of a payload 6 bytes say what and where. */
const useful = (payload: number, bitErrors: number): number =>
  ((payload - 6) / frameBytes(payload)) * (1 - bitErrors) ** (8 * frameBytes(payload));

const best = (bitErrors: number): number =>
  Math.max(...Array.from({ length: MOST - 63 }, (_, i) => useful(64 + i, bitErrors)));

describe('the size of frames', () => {
  for (const bitErrors of [3e-5, 1e-4, 3e-4]) {
    it(`comes within 5 % of the best at a bit error rate of ${bitErrors}`, () => {
      for (let seed = 1; seed <= 5; seed++) {
        const size = createFrameSize();
        send(size, 100_000, bitErrors, seed);
        assert.ok(useful(size.payload(MOST), bitErrors) >= 0.95 * best(bitErrors));
      }
    });
  }

  it('grows to the largest on a clean line, shrinks on a bad one, and grows again', () => {
    const size = createFrameSize();
    send(size, 50_000, 0, 1);
    assert.equal(size.payload(MOST), MOST);
    send(size, 50_000, 2e-4, 2);
    assert.ok(size.payload(MOST) < MOST / 4);
    send(size, 500_000, 0, 3);
    assert.equal(size.payload(MOST), MOST);
  });

  it('never asks for less than gets through, nor for more than there is room for', () => {
    const size = createFrameSize();
    for (let k = 0; k < 1000; k++) size.lost(100);
    assert.equal(size.payload(MOST), 64);
    assert.equal(size.payload(32), 32);
  });
});
