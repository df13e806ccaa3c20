/** What FedProx, SCAFFOLD and FedDyn add to a training, at the end of hand-written frames: the bits of the gateway's engine. */
import assert from 'node:assert/strict';
import { layoutOf, type ModelSpec } from '../../../lib/model';
import { streamSeed } from '../../../lib/random/generator';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { AdversarialOptions, TrainingOptions, TrainJob } from '../../../lib/training/engine';
import { f64, rawBoard, rawHost, u16, u32 } from './raw-board';
import {
  bytesOf,
  conv,
  dense,
  give,
  giveRows,
  giveWeights,
  key,
  load,
  readUpdate,
  ready,
  rowsOf,
  sha256,
  type TrainMore,
  train,
} from './raw-work';

const CONTROL = 2;
const ANCHOR = 4;
const usual: TrainingOptions = { epochs: 3, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 77 };
const vectorOf = (length: number, size: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => size * Math.cos(i * 0.77));

const frozen = (spec: ModelSpec, trainable: readonly boolean[]): number[] =>
  layoutOf(spec).tensors.flatMap(({ offset, size }, i) => (trainable[i] ? [] : [offset, size]));
/** What is left open as docs/library.md has it: 5 steps of 2.5 epsilon / steps, half of the loss. */
function attackOf({ method, epsilon, steps = 5, share = 0.5 }: AdversarialOptions, seed: number): Buffer {
  const numbers = f64(epsilon, (2.5 * epsilon) / steps, share);
  return Buffer.concat([Buffer.of(method === 'fgsm' ? 1 : 2), u32(steps), numbers, u32(streamSeed(seed, 'adversary'))]);
}

describe('the board: terms of a training', () => {
  const cases: [string, typeof dense, Partial<TrainingOptions>, Pick<TrainJob, 'control' | 'anchor' | 'trainable'>][] =
    [
      ['proximal', dense, { proximal: 0.3 }, {}],
      ['control', dense, {}, { control: vectorOf(94, 0.02) }],
      [
        'control and proximal, adam, clipped',
        dense,
        { optimizer: 'adam', clipNorm: 0.4, proximal: 0.1, l2: 0.01 },
        { control: vectorOf(94, 0.1) },
      ],
      ['an anchor elsewhere, momentum', dense, { optimizer: 'momentum', proximal: 0.5 }, { anchor: vectorOf(94, 0.3) }],
      [
        'control and anchor, convolutions',
        conv,
        { proximal: 0.2, maxSteps: 5 },
        { control: vectorOf(128, 0.02), anchor: vectorOf(128, 0.2) },
      ],
      ['full batches', dense, { fullBatch: true }, {}],
      ['a layer that does not learn', conv, { optimizer: 'adam' }, { trainable: [false, false, true, true] }],
      ['focal loss, orthogonal kernels', dense, { focalGamma: 2, lipschitz: 0.05, classWeights: [1, 2, 1] }, {}],
      ['fgsm', dense, { adversarial: { method: 'fgsm', epsilon: 0.2 } }, {}],
      ['pgd, all of the loss', conv, { adversarial: { method: 'pgd', epsilon: 0.3, steps: 3, share: 1 } }, {}],
      ['pgd, half, adam', dense, { optimizer: 'adam', adversarial: { method: 'pgd', epsilon: 0.1 } }, {}],
      [
        'one full batch, class weights, control',
        dense,
        { fullBatch: true, maxSteps: 1, classWeights: [1, 3, 0.5] },
        { control: vectorOf(94, 0.1) },
      ],
    ];
  for (const [name, spec, more, vectors] of cases) {
    it(`gives the bits of the gateway's engine: ${name}`, async () => {
      const { host, weights, rows } = ready(spec, 30, (vectors.control ? CONTROL : 0) | (vectors.anchor ? ANCHOR : 0));
      const options = { ...usual, ...more };
      const samples = { features: rows.features, targets: rows.targets, count: rows.count };
      // Chunks of another size than the board's, where they must not matter.
      const batchSize = options.fullBatch ? 30 : options.batchSize;
      const job: TrainJob = { spec, weights, samples, options: { ...options, batchSize }, ...vectors };
      const expected = await createCoreEngine().train(job);
      const plain = await createCoreEngine().train({ spec, weights, samples, options: usual });
      assert.notDeepEqual(expected.weights, plain.weights, 'the terms do something');
      const sent: TrainMore = {};
      if (vectors.control) sent.control = bytesOf(vectors.control);
      if (vectors.anchor) sent.anchor = bytesOf(vectors.anchor);
      if (sent.control) assert.equal(give(host, 3, sent.control)[0], 0);
      if (sent.anchor) assert.equal(give(host, 4, sent.anchor)[0], 0);
      if (vectors.trainable) sent.frozen = frozen(spec, vectors.trainable);
      if (options.adversarial) sent.attack = attackOf(options.adversarial, options.seed);
      const begun = train(host, 9, options, 0, sent);
      assert.deepEqual([begun[0], begun.readUInt32LE(1)], [0, expected.steps]);
      const ended = host.event(0xc1);
      assert.deepEqual([ended[8], ended.readUInt32LE(14)], [2, expected.steps]);
      assert.deepEqual([ended.readDoubleLE(18), ended.readDoubleLE(26)], [expected.loss, expected.firstLoss]);
      const change = expected.weights.map((w, i) => Math.fround(w - weights[i]));
      assert.ok(readUpdate(host, 9, ended.readUInt32LE(38)).equals(bytesOf(change)));
    });
  }

  for (const spec of [dense, conv]) {
    it(`tells loss and gradient of the weights in use as the gateway does (${spec.layers[0].type})`, async () => {
      const { host, weights, rows } = ready(spec);
      const options = { ...usual, classWeights: [0.5, 2, 1] };
      const samples = { features: rows.features, targets: rows.targets, count: rows.count };
      const atStart = { loss: true, gradient: true };
      const expected = await createCoreEngine().train({ spec, weights, samples, options, atStart });
      assert.equal(train(host, 3, options, 0, { work: 1 }).readUInt32LE(1), 0, 'no steps');
      const loss = host.event(0xc1);
      assert.deepEqual([loss[8], loss.readDoubleLE(18), loss.readUInt32LE(38)], [2, expected.startLoss, 0]);
      train(host, 4, options, 0, { work: 2 });
      const both = host.event(0xc1);
      assert.equal(both.readDoubleLE(18), expected.startLoss);
      const gradient = readUpdate(host, 4, both.readUInt32LE(38));
      assert.ok(gradient.equals(bytesOf(expected.startGradient as Float32Array)));
      // What was measured has changed nothing.
      train(host, 5, options, 0);
      const change = expected.weights.map((w, i) => Math.fround(w - weights[i]));
      assert.ok(readUpdate(host, 5, host.event(0xc1).readUInt32LE(38)).equals(bytesOf(change)));
    });
  }
});

describe('the board: vectors beside the weights', () => {
  const control = bytesOf(vectorOf(94, 0.1));

  it('have room only when it was asked for, and rows stay when it is', () => {
    const { host } = ready(dense);
    const before = host.ask(0x02, load(dense)).readUInt32LE(1);
    const refused = give(host, 3, control);
    assert.deepEqual([refused[0], refused.readUInt32LE(1)], [6, control.length]);
    const loaded = host.ask(0x02, load(dense, { flags: CONTROL, name: 2 }));
    assert.deepEqual([loaded[0], loaded.readUInt32LE(1)], [0, before + Math.ceil(control.length / 16) * 16]);
    assert.equal(host.ask(0x01).readUInt32LE(35), 30, 'rows');
    assert.equal(give(host, 3, control)[0], 0);
    assert.equal(give(host, 4, control)[0], 6, 'the other one has none');
    assert.equal(host.ask(0x02, load(dense, { flags: 8, name: 3 }))[0], 2);
  });

  it('are taken whole, of the right hash and finite, or not at all', () => {
    const { host } = ready(dense, 30, CONTROL);
    const refused = (): number => train(host, 1, usual, 0, { control })[0];
    assert.equal(refused(), 15, 'nothing came');
    const hash = sha256(control);
    host.ask(0x10, Buffer.from([3, 0]), u32(control.length), hash);
    host.send(Buffer.from([0x11, 7]), u32(0), control.subarray(0, 100));
    assert.equal(host.ask(0x12, Buffer.from([3]), hash)[0], 9, 'a part of it');
    assert.equal(refused(), 15);
    assert.equal(
      host.ask(0x10, Buffer.from([3, 0]), u32(control.length), hash).readUInt32LE(1),
      100,
      'it goes on there',
    );
    host.send(Buffer.from([0x11, 7]), u32(100), Buffer.alloc(control.length - 100));
    assert.equal(host.ask(0x12, Buffer.from([3]), hash)[0], 10, 'other bytes');
    assert.equal(refused(), 15);
    const broken = Buffer.from(control);
    broken.writeFloatLE(Number.POSITIVE_INFINITY, 4 * 17);
    const wrong = give(host, 3, broken);
    assert.deepEqual([wrong[0], wrong.readUInt32LE(1)], [11, 17]);
    assert.equal(host.ask(0x10, Buffer.from([3, 0]), u32(control.length + 4), hash)[0], 20);
    assert.equal(host.ask(0x10, Buffer.from([3, 1]), u32(control.length), hash)[0], 2);
    assert.equal(host.ask(0x10, Buffer.from([5, 0]), u32(control.length), hash)[0], 2);
    assert.equal(give(host, 3, control)[0], 0);
    const other = bytesOf(vectorOf(94, 7));
    host.ask(0x10, Buffer.from([3, 0]), u32(other.length), sha256(other));
    assert.equal(refused(), 15, 'another one is on its way to its place');
    assert.equal(give(host, 3, control)[0], 0);
    assert.equal(refused(), 0);
  });

  it('stay in place while a training reads them', () => {
    const { host } = ready(dense, 30, CONTROL);
    give(host, 3, control);
    train(host, 1, { ...usual, epochs: 9999 }, 0, { control });
    const other = bytesOf(vectorOf(94, 7));
    assert.equal(host.ask(0x10, Buffer.from([3, 0]), u32(other.length), sha256(other))[0], 8);
    assert.equal(
      host.ask(0x10, Buffer.from([3, 0]), u32(control.length), sha256(control)).readUInt32LE(1),
      control.length,
    );
    assert.equal(host.ask(0x31)[0], 0);
  });

  it('leave a finished update to be read, and go with the model', () => {
    const { host, rows } = ready(dense, 30, CONTROL);
    train(host, 1, usual, 0);
    const length = host.event(0xc1).readUInt32LE(38);
    const before = readUpdate(host, 1, length);
    give(host, 3, control);
    assert.ok(readUpdate(host, 1, length).equals(before));
    host.ask(0x02, load(conv, { flags: CONTROL, name: 2 }));
    host.ask(0x02, load(dense, { flags: CONTROL, name: 1 }));
    giveRows(host, rowsOf(dense, 30));
    assert.equal(host.ask(0x01).readUInt32LE(35), rows.count);
    assert.equal(train(host, 2, usual, 0, { control })[0], 4, 'no weights');
  });

  it('has its room again after a reset when the model was saved with it', () => {
    const { board, host } = ready(dense, 30, CONTROL);
    assert.equal(host.ask(0x60)[0], 0);
    board.reset();
    const later = rawHost(board, 3);
    later.greet();
    assert.equal(give(later, 3, control)[0], 0);
  });

  it('refuses options out of range', () => {
    const { host } = ready(dense);
    const asked = (more: Partial<TrainingOptions>, how: TrainMore = {}, bits: 0 | 8 = 0): number =>
      train(host, 1, { ...usual, ...more }, bits, how)[0];
    const attack = (epsilon: number, steps: number, share: number): Buffer =>
      Buffer.concat([Buffer.of(2), u32(steps), f64(epsilon, 0.1, share), u32(1)]);
    const wrong: [Partial<TrainingOptions>, TrainMore][] = [
      [{ proximal: -1 }, {}],
      [{ proximal: Number.NaN }, {}],
      [{ focalGamma: 101 }, {}],
      [{ lipschitz: -1 }, {}],
      [{}, { attack: attack(0, 5, 0.5) }],
      [{}, { attack: attack(Number.NaN, 5, 0.5) }],
      [{}, { attack: attack(0.1, 0, 0.5) }],
      [{}, { attack: attack(0.1, 1e9, 0.5) }],
      [{}, { attack: attack(0.1, 5, 1.5) }],
      [{}, { attack: Buffer.concat([Buffer.of(3), Buffer.alloc(32)]) }],
      [{ fullBatch: true }, { attack: attack(0.1, 5, 0.5) }],
      [{}, { frozen: [90, 5] }],
      [{}, { frozen: [0xffffffff, 2] }],
      [{}, { frozen: Array(2 * 33).fill(0) }],
    ];
    for (const [more, how] of wrong) assert.equal(asked(more, how), 13, JSON.stringify([more, how]));
    assert.equal(asked({}, { work: 2 }, 8), 13, 'a gradient is told as it is');
    assert.equal(asked({}, { work: 3 }), 2);
    assert.equal(asked({}), 0);
  });
});

describe('the board and a host of version 1', () => {
  it('trains as ever, and takes nothing that is not in that version', async () => {
    const board = rawBoard();
    const host = rawHost(board);
    host.greet(1);
    host.ask(0x02, load(dense));
    const { weights, rows } = ready(dense);
    giveWeights(host, bytesOf(weights));
    giveRows(host, rows);
    const plain = (flags: number): Buffer =>
      Buffer.concat([
        key(3),
        Buffer.from([0, 0, flags, 0]),
        u32(3),
        u32(8),
        u32(0),
        u32(streamSeed(77, 'shuffle')),
        f64(0.1, 0.9, 0.9, 0.999, 1e-7, 0, 0, 0),
        u16(0),
      ]);
    assert.equal(host.ask(0x30, plain(4))[0], 2);
    assert.equal(host.ask(0x30, plain(0), Buffer.alloc(50))[0], 2);
    assert.equal(host.ask(0x30, plain(0))[0], 0);
    const samples = { features: rows.features, targets: rows.targets, count: rows.count };
    const expected = await createCoreEngine().train({ spec: dense, weights, samples, options: usual });
    const change = expected.weights.map((w, i) => Math.fround(w - weights[i]));
    assert.ok(readUpdate(host, 3, host.event(0xc1).readUInt32LE(38)).equals(bytesOf(change)));
  });
});
