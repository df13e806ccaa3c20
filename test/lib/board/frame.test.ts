import assert from 'node:assert/strict';
import { createFrameReader, decodeFrame, encodeFrame, type Frame, frameBytes, kinds } from '../../../lib/board/frame';
import { generator } from '../../../lib/random/generator';

const ack: Frame = {
  kind: kinds.ack,
  ping: true,
  session: 0x01020304,
  seq: 0x1112,
  ack: 0x2122,
  sack: 0x80000001,
  credit: 8,
  payload: Buffer.alloc(0),
};

describe('frames of a board', () => {
  it('has the bytes that the protocol states', () => {
    // The fields by hand, CRC-32 and COBS by a few lines of Python (zlib.crc32, split at the zeros).
    assert.equal(Buffer.from(encodeFrame(ack)).toString('hex'), '0c14010403020112112221010103800805e7524c4600');
    assert.deepEqual(decodeFrame(encodeFrame(ack).subarray(0, -1)), ack);
  });

  it('come back from any pieces, whatever was on the line before', () => {
    const random = generator(2, 'frames');
    for (let trial = 0; trial < 300; trial++) {
      const frames = Array.from({ length: 5 }, () => ({
        ...ack,
        seq: random.below(65536),
        sack: random.uint32(),
        payload: Buffer.from(Array.from({ length: random.below(1009) }, () => random.below(256) * random.below(2))),
      }));
      const noise = Buffer.from(Array.from({ length: random.below(40) }, () => 1 + random.below(255)));
      const line = Buffer.concat([noise, Buffer.of(0), ...frames.map((one) => Buffer.from(encodeFrame(one)))]);
      const reader = createFrameReader(1008);
      const found: Frame[] = [];
      for (let at = 0; at < line.length; ) {
        const next = at + 1 + random.below(700);
        found.push(...reader.read(line.subarray(at, next)).map(({ frame }) => frame));
        at = next;
      }
      assert.deepEqual(found, frames);
      assert.equal(reader.damaged, 0);
    }
  });

  it('are never taken when a bit is wrong', () => {
    const random = generator(3, 'bits');
    const encoded = encodeFrame({ ...ack, payload: Buffer.from('what the board says') });
    for (let bit = 0; bit < (encoded.length - 1) * 8; bit++) {
      const wrong = Uint8Array.from(encoded);
      wrong[bit >>> 3] ^= 1 << (bit & 7);
      const reader = createFrameReader(1008);
      assert.deepEqual(reader.read(Uint8Array.of(0, ...wrong)), []);
    }
    for (let trial = 0; trial < 20000; trial++) {
      assert.equal(decodeFrame(Uint8Array.from({ length: random.below(80) }, () => random.below(256))), undefined);
    }
  });

  it('drops what is longer than a frame, counts it, and reads the next', () => {
    const reader = createFrameReader(64);
    const long = encodeFrame({ ...ack, payload: Buffer.alloc(65, 1) });
    const fits = encodeFrame({ ...ack, payload: Buffer.alloc(64, 1) });
    const found = reader.read(Uint8Array.of(0, ...Array<number>(100_000).fill(7), 0, ...long, ...fits));
    assert.equal(found.length, 1);
    assert.equal(found[0].bytes, fits.length);
    assert.ok(fits.length <= frameBytes(64));
    assert.equal(reader.damaged, 2);
  });
});
