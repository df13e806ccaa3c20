/** The board (board.wasm) after what went wrong or came in between: nothing of it is left in what follows. */
import assert from 'node:assert/strict';
import type { ModelSpec } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { TrainingOptions } from '../../../lib/training/engine';
import { f32, rawBoard, rawHost, u16, u32 } from './raw-board';
import { bytesOf, conv, dense, giveWeights, key, load, readUpdate, ready, rowsOf, sha256, train } from './raw-work';

const options: TrainingOptions = { epochs: 2, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 5 };

describe('the board: upsets', () => {
  // Layers whose rows are padded: 7, 5 and 3 outputs in vectors of four.
  const deep: ModelSpec = {
    ...dense,
    layers: [
      { type: 'dense', units: 7, activation: 'relu' },
      { type: 'dense', units: 5, activation: 'relu' },
      { type: 'dense', units: 3, activation: 'softmax' },
    ],
  };
  for (const [name, spec] of [['dense', deep] as const, ['conv1d', conv] as const]) {
    it(`learns with the same bits after a training that diverged: ${name}`, async () => {
      const { host, weights, rows } = ready(spec);
      train(host, 1, { ...options, optimizer: 'momentum', learningRate: 1e6, epochs: 50 }, 0);
      const failed = host.event(0xc1);
      assert.deepEqual([failed[8], failed[9]], [3, 14], 'diverged');
      train(host, 2, options, 0);
      const job = host.event(0xc1);
      const expected = await createCoreEngine().train({ spec, weights, samples: rows, options });
      const change = bytesOf(expected.weights.map((w, i) => Math.fround(w - weights[i])));
      assert.ok(readUpdate(host, 2, job.readUInt32LE(38)).equals(change));
    });
  }

  it('answers after a reset in the middle of what it was sending', () => {
    const { board, host } = ready(dense);
    // A write polls the board once: the message with the statistics is begun, and not sent.
    host.send(Buffer.from([0x13, 6, 3]), u32(30), u32(0), u32(0), u32(8 * 19), u16(500));
    board.reset();
    const later = rawHost(board, 3);
    later.greet();
    assert.equal(later.ask(0x01)[0], 0);
  });

  it('gives up a backbone that is coming in when a model is loaded: their memory is the same', () => {
    const board = rawBoard();
    const host = rawHost(board);
    host.greet();
    const file = Buffer.alloc(400, 7);
    assert.equal(host.ask(0x10, Buffer.from([2, 0]), u32(file.length), sha256(file))[0], 0);
    assert.equal(host.ask(0x02, load(dense))[0], 0);
    assert.equal(host.ask(0x01)[55], 0, 'nothing is staged');
    host.send(Buffer.from([0x11, 7]), u32(0), file);
    assert.equal(host.messages()[0][2], 15);
    assert.equal(host.ask(0x12, Buffer.from([2]), sha256(file))[0], 15);
  });

  it('ends a READ of weights with "changed" when others are committed in between', () => {
    const { host, weights } = ready({
      ...dense,
      layers: [{ type: 'dense', units: 90, activation: 'relu' }, ...dense.layers],
    });
    const other = bytesOf(weights.map((w) => w + 1));
    const hash = sha256(other);
    assert.equal(host.ask(0x10, Buffer.from([1, 0]), u32(other.length), hash)[0], 0);
    for (let at = 0; at < other.length; at += 500)
      host.send(Buffer.from([0x11, 7]), u32(at), other.subarray(at, at + 500));
    host.messages();
    host.send(Buffer.from([0x13, 6, 2]), sha256(bytesOf(weights)).subarray(0, 8), u32(0), u32(other.length), u16(20));
    host.send(Buffer.from([0x12, 8, 1]), hash);
    const parts = host.messages(500).filter((message) => message[0] === 0x93);
    assert.equal(parts.at(-1)?.[2], 17);
    const before = bytesOf(weights);
    for (const part of parts.slice(0, -1)) {
      const at = part.readUInt32LE(3);
      assert.ok(part.subarray(7).equals(before.subarray(at, at + part.length - 7)), `old weights at ${at}`);
    }
  });

  it('has again after a reset whatever it could save, though model and image together are larger than its memory', () => {
    const spec: ModelSpec = {
      ...dense,
      layers: [{ type: 'dense', units: 330, activation: 'relu' }, ...dense.layers.slice(1)],
    };
    const board = rawBoard();
    const host = rawHost(board);
    host.greet();
    assert.equal(host.ask(0x02, load(spec, { batch: 1, slots: 0, rows: 4 }))[0], 0);
    const width = 9;
    const weights = Float32Array.from({ length: 330 * (width + 1) + 3 * 331 }, (_, i) => Math.sin(i) * 0.1);
    const normalisation = Float32Array.from({ length: 2 * width }, (_, i) => 1 + i / 10);
    assert.equal(giveWeights(host, Buffer.concat([bytesOf(weights), bytesOf(normalisation)]), 1)[0], 0);
    const probe = f32(...rowsOf(spec, 1).features);
    const before = host.ask(0x40, u16(0), probe);
    assert.equal(before[0], 0);
    assert.equal(host.ask(0x60)[0], 0);
    board.reset();
    const later = rawHost(board, 3);
    later.greet();
    assert.deepEqual(later.ask(0x40, u16(0), probe), before);
  });

  it('refuses what would make its counting wrap, and statistics by halves of a number', () => {
    const { host } = ready(dense);
    assert.equal(host.ask(0x21, u32(0x80000000))[0], 2);
    host.send(Buffer.from([0x13, 6, 3]), u32(30), u32(0), u32(0), u32(12), u16(64));
    assert.equal(host.messages()[0][2], 2);
    assert.equal(host.ask(0x32, key(4))[0], 16, 'and nothing came of it');
  });
});
