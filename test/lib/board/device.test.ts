/** The board itself (core/board, as board.wasm) at the end of hand-written frames: docs/board-protocol.md held to the letter. */
import assert from 'node:assert/strict';
import { sampleBank } from '../../../lib/data/sample-bank';
import { initialWeights } from '../../../lib/model';
import type { TrainingOptions } from '../../../lib/training/engine';
import { ARENA, f32, frameOf, kinds, rawBoard, rawHost, u16, u32 } from './raw-board';
import { bytesOf, conv, dense, giveRows, giveWeights, key, load, ready, rowsOf, sha256, train } from './raw-work';

describe('the board: sessions and frames', () => {
  it('greets with who it is, and with its own versions alone when they do not meet', () => {
    const board = rawBoard();
    const [welcome] = rawHost(board).greet();
    assert.equal(welcome.kind, kinds.welcome);
    assert.equal(welcome.payload[0], 2, 'version');
    assert.equal(rawHost(rawBoard()).greet(1)[0].payload[0], 1);
    assert.equal(welcome.payload.readUInt32LE(4), 1, 'boot');
    assert.equal(welcome.payload.readUInt16LE(8), 1008);
    assert.equal(welcome.payload.toString('hex', 16, 32), '00112233445566778899aabbccddeeff');
    assert.equal(welcome.payload.readUInt32LE(32), ARENA);
    assert.equal(welcome.payload.toString('utf8', 46), 'Virtual board');
    const hello = Buffer.concat([Buffer.from('FLB1'), Buffer.from([3, 4]), u16(1008), u16(32)]);
    board.write(frameOf({ kind: kinds.hello, session: 99, payload: hello }));
    const [other] = board.pass(1);
    assert.deepEqual([...other.payload.subarray(0, 3)], [0, 1, 2]);
    board.write(frameOf({ kind: kinds.data, session: 99, payload: Buffer.from([1, 1]), credit: 9 }));
    assert.equal(board.pass(20).at(-1)?.kind, kinds.lost, 'that session did not begin');
  });

  it('tells a host whose session it does not have, at most four times a second', () => {
    const board = rawBoard();
    let told = 0;
    for (let k = 0; k < 1000; k++) {
      board.write(frameOf({ kind: kinds.ack, session: 5 }));
      told += board.pass(1).filter((frame) => frame.kind === kinds.lost && frame.session === 5).length;
    }
    assert.ok(told >= 3 && told <= 4, `${told} times`);
  });

  it('hands messages up once and in order, and names what came early', () => {
    const board = rawBoard();
    const host = rawHost(board);
    host.greet();
    const status = (seq: number, tag: number): Buffer =>
      frameOf({ kind: kinds.data, session: host.session, seq, credit: 32, payload: Buffer.from([1, tag]) });
    board.write(status(2, 3));
    const [early] = board.pass(1);
    assert.deepEqual([early.kind, early.ack, early.sack], [kinds.ack, 0, 2]);
    board.write(Buffer.concat([status(1, 2), status(0, 1), status(0, 1), status(2, 3)]));
    const answers = board.pass(20).filter((frame) => frame.kind === kinds.data);
    assert.deepEqual(
      answers.map((frame) => frame.payload[1]),
      [1, 2, 3],
    );
    assert.equal(answers.at(-1)?.ack, 3);
  });

  it('keeps within the credit of the host, and sends again what is not acknowledged, and nothing else', () => {
    const board = rawBoard();
    const host = rawHost(board);
    host.greet();
    const ask = (seq: number, ack: number, sack: number, credit: number): Buffer =>
      frameOf({ kind: kinds.data, session: host.session, seq, ack, sack, credit, payload: Buffer.from([1, seq + 1]) });
    board.write(Buffer.concat([ask(0, 0, 0, 2), ask(1, 0, 0, 2), ask(2, 0, 0, 2)]));
    const first = board.pass(20).filter((frame) => frame.kind === kinds.data);
    assert.deepEqual(
      first.map((frame) => frame.seq),
      [0, 1],
      'credit 2',
    );
    // 1 has come, 0 has not: 0 was sent before it, so it is lost.
    board.write(frameOf({ kind: kinds.ack, session: host.session, seq: 3, ack: 0, sack: 1, credit: 2 }));
    assert.deepEqual(
      board.pass(5).map((frame) => frame.seq),
      [0],
    );
    board.write(frameOf({ kind: kinds.ack, session: host.session, seq: 3, ack: 2, sack: 0, credit: 9 }));
    assert.deepEqual(
      board.pass(5).map((frame) => frame.seq),
      [2],
    );
    // The wait, at least 30 ms, doubles each time: 30 + 60 + 120 + ... within two seconds.
    const again = board.pass(2000).filter((frame) => frame.kind === kinds.data);
    assert.ok(again.length >= 2 && again.length <= 7 && again.every((frame) => frame.seq === 2 && frame.flags === 1));
  });

  it('drops what is damaged or too long, and reads the next frame', () => {
    const board = rawBoard();
    const host = rawHost(board);
    board.write(Buffer.from('ATZ\r\n\x05half a fra'));
    host.greet();
    const broken = frameOf({ kind: kinds.data, session: host.session, payload: Buffer.from([1, 1]), credit: 9 });
    broken[9] ^= 4;
    board.write(broken);
    board.write(frameOf({ kind: kinds.data, session: host.session, payload: Buffer.alloc(1100), credit: 9 }));
    assert.equal(board.pass(30).filter((frame) => frame.kind === kinds.data).length, 0);
    const status = host.ask(0x01);
    assert.equal(status.readUInt32LE(status.length - 12), 2, 'frames refused');
  });
});

describe('the board: transfers', () => {
  it('goes on in a new session where the old one ended', () => {
    const board = rawBoard();
    const first = rawHost(board, 1);
    first.greet();
    first.ask(0x02, load(dense));
    const weights = bytesOf(initialWeights(dense));
    const hash = sha256(weights);
    first.ask(0x10, Buffer.from([1, 0]), u32(weights.length), hash);
    first.send(Buffer.from([0x11, 7]), u32(0), weights.subarray(0, 100));
    first.messages();
    const second = rawHost(board, 2);
    second.greet();
    assert.equal(second.ask(0x10, Buffer.from([1, 0]), u32(weights.length), hash).readUInt32LE(1), 100);
    second.send(Buffer.from([0x11, 7]), u32(0), weights.subarray(0, 10));
    assert.deepEqual(
      [...second.messages()[0].subarray(0, 7)],
      [0x91, 7, 9, 100, 0, 0, 0],
      'wrong place: 100 comes next',
    );
    second.send(Buffer.from([0x11, 7]), u32(100), weights.subarray(100));
    assert.equal(second.ask(0x12, Buffer.from([1]), hash)[0], 0);
    assert.equal(second.ask(0x10, Buffer.from([1, 0]), u32(weights.length), hash).readUInt32LE(1), weights.length);
  });

  it('keeps the old weights in use when the new ones are cut off, of another hash, or not finite', () => {
    const { host, weights, rows } = ready(dense);
    const predict = (): string => host.ask(0x40, u16(0), bytesOf(rows.features.slice(0, 9))).toString('hex');
    const before = predict();
    const other = Buffer.from(bytesOf(weights.map((w) => w + 1)));
    host.ask(0x10, Buffer.from([1, 0]), u32(other.length), sha256(other));
    host.send(Buffer.from([0x11, 7]), u32(0), other.subarray(0, 64));
    assert.equal(host.ask(0x12, Buffer.from([1]), sha256(other))[0], 9, 'not all of it');
    assert.equal(predict(), before);
    host.ask(0x10, Buffer.from([1, 0]), u32(other.length), key(1), key(2), key(3), key(4));
    host.send(Buffer.from([0x11, 7]), u32(0), other);
    assert.equal(host.ask(0x12, Buffer.from([1]), key(1), key(2), key(3), key(4))[0], 10, 'bad hash');
    assert.equal(predict(), before);
    other.writeFloatLE(Number.NaN, 40);
    const refused = giveWeights(host, other);
    assert.deepEqual([refused[0], refused.readUInt32LE(1)], [11, 10], 'not finite: its index');
    assert.equal(predict(), before);
  });

  it('refuses a model that does not fit and says what it needs, and keeps the one it has', () => {
    const { host, rows } = ready(dense);
    const before = host.ask(0x40, u16(0), bytesOf(rows.features.slice(0, 9))).toString('hex');
    const answer = host.ask(0x02, load(dense, { rows: 5000, name: 2 }));
    assert.equal(answer[0], 6);
    assert.ok(answer.readUInt32LE(1) > 5000 * 44 && answer.readUInt32LE(1) < 5000 * 44 + 10_000);
    assert.equal(host.ask(0x40, u16(0), bytesOf(rows.features.slice(0, 9))).toString('hex'), before);
  });
});

describe('the board: rows', () => {
  it('has the places and the statistics of a bank that forgets its oldest', () => {
    const { host, rows } = ready(dense, 30);
    const more = rowsOf({ ...dense, seed: 4 }, 55);
    giveRows(host, { ...more, features: more.features.slice(30 * 9), targets: more.targets.slice(30), count: 25 }, 30);
    const bank = sampleBank({ width: 9, targetWidth: 1, capacity: 40, eviction: 'oldest' });
    bank.add(rows);
    bank.add({ features: more.features.slice(30 * 9), targets: more.targets.slice(30), count: 25 });
    const length = 8 * 19;
    host.send(Buffer.from([0x13, 6, 3]), u32(55), u32(0), u32(0), u32(length), u16(64));
    const parts = host.messages(40).filter((message) => message[0] === 0x93);
    assert.ok(Buffer.concat(parts.map((message) => message.subarray(7))).equals(Buffer.from(bank.statistics().buffer)));
    host.send(Buffer.from([0x13, 6, 3]), u32(54), u32(0), u32(0), u32(length), u16(64));
    assert.equal(host.messages()[0][2], 17, 'changed');
  });

  it('takes numbers in any pieces, a row only once, and takes a bad one back', () => {
    const { host } = ready(dense, 0);
    host.send(Buffer.from([0x20, 8]), u32(0), u16(0), f32(1, 2, 3, 4));
    host.send(Buffer.from([0x20, 8]), u32(0), u16(4), f32(5, 6, 7, 8, 9, 2, 1, 2));
    const held = (): number[] => {
      const status = host.ask(0x01);
      return [status.readUInt32LE(35), status.readUInt32LE(39), status.readUInt16LE(43)];
    };
    assert.deepEqual(held(), [1, 1, 2]);
    host.send(Buffer.from([0x20, 8]), u32(0), u16(0), f32(1, 2, 3, 4, 5, 6, 7, 8, 9, 2));
    assert.deepEqual([...host.messages()[0].subarray(2, 7)], [9, 1, 0, 0, 0], 'row 1 comes next');
    host.send(Buffer.from([0x20, 8]), u32(1), u16(2), f32(Number.POSITIVE_INFINITY));
    assert.equal(host.messages()[0][2], 11);
    host.send(Buffer.from([0x20, 8]), u32(1), u16(0), f32(1, 2, 3, 4, 5, 6, 7, 8, 9, 3));
    assert.equal(host.messages()[0][2], 12, 'there is no class 3');
    assert.deepEqual(held(), [1, 1, 0]);
  });

  it('stay when a model of the same widths is loaded, and go with another', () => {
    const { host } = ready(dense);
    const held = (): number => host.ask(0x01).readUInt32LE(35);
    assert.equal(
      host.ask(0x02, load({ ...dense, layers: [{ type: 'dense', units: 3, activation: 'softmax' }] }, { name: 2 }))[0],
      0,
    );
    assert.equal(held(), 30);
    assert.equal(host.ask(0x02, load(conv, { name: 3 }))[0], 0);
    assert.equal(held(), 0);
  });

  it('are given back from the middle of a full buffer, and not trained on before it is full', () => {
    const { host, rows } = ready(dense, 40);
    assert.equal(host.ask(0x21, u32(15))[0], 0);
    const options: TrainingOptions = { epochs: 1, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 1 };
    giveRows(
      host,
      { ...rows, features: rows.features.slice(0, 9 * 39), targets: rows.targets.slice(0, 39), count: 39 },
      15,
    );
    assert.equal(train(host, 3, options, 0)[0], 5);
    giveRows(host, { ...rows, features: rows.features.slice(9 * 39), targets: rows.targets.slice(39), count: 1 }, 54);
    assert.equal(train(host, 3, options, 0)[0], 0);
  });
});

describe('the board: by itself', () => {
  it('has model and weights again after a reset when they were saved, and forgets them when told', () => {
    const { board, host, rows } = ready(dense);
    const probe = bytesOf(rows.features.slice(0, 9));
    const before = host.ask(0x40, u16(0), probe).toString('hex');
    assert.equal(host.ask(0x60)[0], 0);
    board.reset();
    const later = rawHost(board, 3);
    assert.equal(later.greet()[0].payload.readUInt32LE(4), 2, 'another boot');
    assert.equal(later.ask(0x40, u16(0), probe).toString('hex'), before);
    assert.equal(later.ask(0x01).readUInt32LE(35), 0, 'rows are not saved');
    assert.equal(later.ask(0x61)[0], 0);
    board.reset();
    const last = rawHost(board, 4);
    last.greet();
    assert.equal(last.ask(0x40, u16(0), probe)[0], 3);
  });

  it('says when its flash cannot be read, and nothing when there is nothing to say', () => {
    const { board, host } = ready(dense);
    host.ask(0x60);
    board.reset((flash) => {
      flash[flash.length >> 1] ^= 1;
    });
    const later = rawHost(board, 3);
    later.greet();
    const log = later.event(0xc6);
    assert.equal(log[0], 1, 'a warning');
    assert.equal(log.toString('utf8', 1), 'The model in the flash cannot be read: save it again.');
    assert.equal(later.ask(0x01)[0], 0, 'empty');
    const { host: other } = ready(dense);
    assert.throws(() => other.event(0xc6, 300), /no event/);
  });

  it('makes rows of readings that have a label, and predicts each window', () => {
    const { host } = ready({ ...dense, input: [4] }, 0);
    // Two channels, mean and range of windows of 4 readings, every 2.
    const sense = host.ask(0x50, Buffer.from([1, 0x13]), f32(50), u16(4), u16(2), Buffer.from([2, 1, 9]));
    assert.deepEqual([...sense], [0, 4, 0]);
    const reading = (t: number): number[] => [t, 10 - t * t];
    host.send(Buffer.from([0x51, 5]), f32(...[0, 1, 2, 3].flatMap(reading)));
    const first = host.event(0xc4);
    assert.deepEqual([first.readUInt32LE(0), first.readInt32LE(4), first[8], first.length], [1, -1, 1, 9 + 12]);
    assert.equal(host.ask(0x52, Buffer.from([1]), u32(2)).readUInt32LE(1), 1, 'the last window was class 2');
    host.ask(0x52, Buffer.from([0]), u32(1));
    host.send(Buffer.from([0x51, 5]), f32(...[4, 5, 6, 7].flatMap(reading)));
    const labels = [host.event(0xc4), host.event(0xc4)].map((event) => event.readInt32LE(4));
    assert.deepEqual(labels, [1, 1]);
    host.send(Buffer.from([0x13, 6, 3]), u32(3), u32(0), u32(0), u32(72), u16(200));
    const sums = host
      .messages(20)
      .find((message) => message[0] === 0x93)
      ?.subarray(7);
    // Windows 0..3, 2..5, 4..7: means 1.5, 3.5, 5.5 of t; ranges 3; of 10 - t^2: means 6.5, -3.5, -21.5 and ranges 9, 21, 33.
    assert.deepEqual(
      [0, 8, 16, 24, 32].map((at) => sums?.readDoubleLE(at)),
      [3, 10.5, 9, -18.5, 63],
    );
  });

  it('tells of every window, however many come at once', () => {
    const { host } = ready({ ...dense, input: [1] }, 0);
    host.ask(0x50, Buffer.from([1, 0x03]), f32(50), u16(3), u16(3), Buffer.from([1, 1]));
    host.ask(0x52, Buffer.from([0]), u32(0));
    host.send(Buffer.from([0x51, 5]), f32(...Array.from({ length: 100 }, (_, i) => i)));
    host.send(Buffer.from([0x51, 6]), f32(...Array.from({ length: 50 }, (_, i) => i)));
    const numbers = Array.from({ length: 50 }, () => host.event(0xc4, 100).readUInt32LE(0));
    assert.deepEqual(
      numbers,
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });
});
