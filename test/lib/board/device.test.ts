/** The board itself (core/board, as board.wasm) at the end of hand-written frames: docs/board-protocol.md held to the letter. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { programOf } from '../../../lib/core/program';
import { sampleBank } from '../../../lib/data/sample-bank';
import { initialWeights, layoutOf, type ModelSpec } from '../../../lib/model';
import { streamSeed } from '../../../lib/random/generator';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { TrainingOptions } from '../../../lib/training/engine';
import { codecs } from './codecs';
import { ARENA, f32, f64, frameOf, kinds, rawBoard, rawHost, u16, u32 } from './raw-board';

const dense: ModelSpec = {
  version: 1,
  task: 'classify',
  input: [9],
  layers: [
    { type: 'dense', units: 7, activation: 'tanh' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
  loss: 'softmax_cross_entropy',
  labels: ['a', 'b', 'c'],
  seed: 3,
};
const conv: ModelSpec = {
  ...dense,
  input: [12, 2],
  layers: [
    { type: 'conv1d', filters: 5, kernelSize: 3, activation: 'relu', padding: 'same' },
    { type: 'max_pool1d', poolSize: 2 },
    { type: 'flatten' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
};

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const bytesOf = (numbers: Float32Array): Buffer => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
const key = (fill: number): Buffer => Buffer.alloc(8, fill);

function rowsOf(spec: ModelSpec, count: number) {
  const width = spec.input.reduce((a, b) => a * b);
  const features = Float32Array.from(
    { length: count * width },
    (_, i) => Math.sin(i * 1.37) * 2 + ((i / width) | 0) * 0.01,
  );
  const targets = Float32Array.from({ length: count }, (_, i) => (i * 5) % 3);
  return { width, features, targets, count };
}

const load = (spec: ModelSpec, { batch = 8, slots = 2, rows = 40, flags = 0, name = 1 } = {}): Buffer =>
  Buffer.concat([
    key(name),
    Buffer.from([flags]),
    u32(rows),
    u16(1),
    Buffer.from(programOf(spec, { batch, slots, training: true }).buffer),
  ]);

type Host = ReturnType<typeof rawHost>;

function giveWeights(host: Host, weights: Buffer, flags = 0): Buffer {
  const hash = sha256(weights);
  assert.equal(host.ask(0x10, Buffer.from([1, flags]), u32(weights.length), hash).readUInt32LE(1), 0);
  for (let at = 0; at < weights.length; at += 500)
    host.send(Buffer.from([0x11, 7]), u32(at), weights.subarray(at, at + 500));
  return host.ask(0x12, Buffer.from([1]), hash);
}

function giveRows(host: Host, { width, features, targets, count }: ReturnType<typeof rowsOf>, from = 0): void {
  for (let row = 0; row < count; row++) {
    host.send(
      Buffer.from([0x20, 8]),
      u32(from + row),
      u16(0),
      bytesOf(features.slice(row * width, (row + 1) * width)),
      f32(targets[row]),
    );
  }
  host.messages();
}

const slots = { sgd: 0, momentum: 1, adam: 2 };
function train(host: Host, name: number, options: TrainingOptions, bits: 0 | 8): Buffer {
  const { classWeights = [] } = options;
  return host.ask(
    0x30,
    key(name),
    Buffer.from([bits, slots[options.optimizer], 0, 0]),
    u32(options.epochs),
    u32(options.batchSize),
    u32(options.maxSteps ?? 0),
    u32(streamSeed(options.seed, 'shuffle')),
    f64(options.learningRate, options.momentum ?? 0.9, 0.9, 0.999, 1e-7, options.l2 ?? 0, options.clipNorm ?? 0, 0),
    u16(classWeights.length),
    f32(...classWeights),
  );
}

function readUpdate(host: Host, name: number, length: number): Buffer {
  host.send(Buffer.from([0x13, 6, 1]), key(name), u32(0), u32(length), u16(300));
  const update = Buffer.alloc(length);
  for (let got = 0; got < length; ) {
    for (const message of host.messages(1)) {
      if (message[0] !== 0x93) continue;
      assert.equal(message[2], 0);
      got += message.length - 7;
      message.copy(update, message.readUInt32LE(3), 7);
    }
  }
  return update;
}

function ready(spec: ModelSpec, count = 30) {
  const board = rawBoard();
  const host = rawHost(board);
  host.greet();
  assert.equal(host.ask(0x02, load(spec))[0], 0);
  const weights = initialWeights(spec);
  assert.equal(giveWeights(host, bytesOf(weights))[0], 0);
  const rows = rowsOf(spec, count);
  giveRows(host, rows);
  return { board, host, weights, rows };
}

describe('the board: sessions and frames', () => {
  it('greets with who it is, and with its own versions alone when they do not meet', () => {
    const board = rawBoard();
    const [welcome] = rawHost(board).greet();
    assert.equal(welcome.kind, kinds.welcome);
    assert.equal(welcome.payload[0], 1);
    assert.equal(welcome.payload.readUInt32LE(4), 1, 'boot');
    assert.equal(welcome.payload.readUInt16LE(8), 1008);
    assert.equal(welcome.payload.toString('hex', 16, 32), '00112233445566778899aabbccddeeff');
    assert.equal(welcome.payload.readUInt32LE(32), ARENA);
    assert.equal(welcome.payload.toString('utf8', 46), 'Virtual board');
    const hello = Buffer.concat([Buffer.from('FLB1'), Buffer.from([2, 4]), u16(1008), u16(32)]);
    board.write(frameOf({ kind: kinds.hello, session: 99, payload: hello }));
    const [other] = board.pass(1);
    assert.deepEqual([...other.payload.subarray(0, 3)], [0, 1, 1]);
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
    const again = board.pass(2000).filter((frame) => frame.kind === kinds.data);
    assert.ok(again.length >= 1 && again.length <= 4 && again.every((frame) => frame.seq === 2 && frame.flags === 1));
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

describe('the board: learning', () => {
  const cases: [string, ModelSpec, Partial<TrainingOptions>][] = [
    ['dense, sgd', dense, {}],
    ['dense, momentum, class weights', dense, { optimizer: 'momentum', momentum: 0.8, classWeights: [1, 2, 0.5] }],
    ['dense, adam, clipped, with a penalty', dense, { optimizer: 'adam', clipNorm: 0.5, l2: 0.01 }],
    ['conv1d, sgd', conv, { learningRate: 0.02 }],
    ['conv1d, adam, some steps', conv, { optimizer: 'adam', maxSteps: 7 }],
  ];
  for (const [name, spec, more] of cases) {
    it(`gives the bits of the gateway's engine: ${name}`, async () => {
      const { host, weights, rows } = ready(spec);
      const options: TrainingOptions = {
        epochs: 3,
        batchSize: 8,
        optimizer: 'sgd',
        learningRate: 0.1,
        seed: 77,
        ...more,
      };
      const samples = { features: rows.features, targets: rows.targets, count: rows.count };
      const expected = await createCoreEngine().train({ spec, weights, samples, options });
      const change = expected.weights.map((w, i) => Math.fround(w - weights[i]));
      assert.equal(train(host, 21, options, 0)[0], 0);
      const job = host.event(0xc1);
      assert.deepEqual(
        [job[8], job[9], job.readUInt32LE(10), job.readUInt32LE(14)],
        [2, 0, rows.count, expected.steps],
      );
      assert.deepEqual([job.readDoubleLE(18), job.readDoubleLE(26)], [expected.loss, expected.firstLoss]);
      const update = readUpdate(host, 21, job.readUInt32LE(38));
      assert.ok(update.equals(bytesOf(change)));
      assert.ok(sha256(update).equals(job.subarray(42, 74)));
      assert.equal(train(host, 22, options, 8)[0], 0);
      const small = readUpdate(host, 22, host.event(0xc1).readUInt32LE(38));
      const tensors = layoutOf(spec).tensors.map(({ size, channels }): [number, number] => [size, channels]);
      assert.ok(small.equals(codecs.quantize8(change, tensors)));
      const probe = rows.features.slice(0, rows.width);
      const { outputs } = await createCoreEngine().predict({ spec, weights, features: probe, count: 1 });
      assert.ok(
        host.ask(0x40, u16(0), bytesOf(probe)).subarray(1).equals(bytesOf(outputs)),
        'the global weights again',
      );
    });
  }

  it('does a job once, whatever is asked again, and tells its result again', () => {
    const { host } = ready(dense);
    const options: TrainingOptions = { epochs: 2, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 1 };
    train(host, 5, options, 0);
    const job = host.event(0xc1);
    train(host, 5, options, 0);
    assert.throws(() => host.event(0xc1, 300), /no event/);
    assert.ok(host.ask(0x32, key(5)).subarray(1).equals(job));
    assert.equal(host.ask(0x32, key(6))[0], 16);
  });

  it('tells a divergence as a failed job, and goes on with the global weights', () => {
    const { host, rows } = ready(dense);
    const probe = bytesOf(rows.features.slice(0, 9));
    const before = host.ask(0x40, u16(0), probe).toString('hex');
    train(host, 5, { epochs: 30, batchSize: 8, optimizer: 'sgd', learningRate: 1e6, l2: 1000, seed: 1 }, 0);
    const job = host.event(0xc1);
    assert.deepEqual([job[8], job[9], job.readUInt32LE(38)], [3, 14, 0]);
    assert.equal(host.ask(0x40, u16(0), probe).toString('hex'), before);
  });

  it('can be stopped, and refuses terms that it does not have', () => {
    const { host } = ready(dense);
    const long: TrainingOptions = { epochs: 9999, batchSize: 1, optimizer: 'sgd', learningRate: 0.01, seed: 1 };
    train(host, 5, long, 0);
    assert.equal(host.ask(0x41)[0], 8, 'busy');
    assert.equal(host.ask(0x31)[0], 0);
    assert.deepEqual([...host.event(0xc1).subarray(8, 9)], [3]);
    const proximal = Buffer.concat([
      key(6),
      Buffer.from([0, 0, 0, 0]),
      u32(1),
      u32(8),
      u32(0),
      u32(1),
      f64(0.1, 0.9, 0.9, 0.999, 1e-7, 0, 0, 0.5),
      u16(0),
    ]);
    assert.equal(host.ask(0x30, proximal)[0], 18);
  });

  it('evaluates the rows it holds', async () => {
    const { host, weights, rows } = ready(dense);
    assert.equal(host.ask(0x41)[0], 0);
    const found = host.event(0xc3);
    const { outputs } = await createCoreEngine().predict({ spec: dense, weights, ...rows });
    let hits = 0;
    let loss = 0;
    for (let row = 0; row < rows.count; row++) {
      const p = [...outputs.subarray(row * 3, row * 3 + 3)];
      if (p.indexOf(Math.max(...p)) === rows.targets[row]) hits++;
      loss -= Math.log(p[rows.targets[row]]) / rows.count;
    }
    assert.deepEqual([found[0], found.readUInt32LE(1), found.readUInt32LE(13)], [0, rows.count, hits]);
    assert.ok(Math.abs(found.readDoubleLE(5) - loss) < 1e-6);
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
});
