/** What a host makes a board do in hand-written messages: two models, weights, rows, a training. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { programOf } from '../../../lib/core/program';
import { initialWeights, type ModelSpec } from '../../../lib/model';
import { streamSeed } from '../../../lib/random/generator';
import type { TrainingOptions } from '../../../lib/training/engine';
import { f32, f64, rawBoard, rawHost, u16, u32 } from './raw-board';

export const dense: ModelSpec = {
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
export const conv: ModelSpec = {
  ...dense,
  input: [12, 2],
  layers: [
    { type: 'conv1d', filters: 5, kernelSize: 3, activation: 'relu', padding: 'same' },
    { type: 'max_pool1d', poolSize: 2 },
    { type: 'flatten' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
};

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
export const bytesOf = (numbers: Float32Array): Buffer =>
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
export const key = (fill: number): Buffer => Buffer.alloc(8, fill);

export function rowsOf(spec: ModelSpec, count: number) {
  const width = spec.input.reduce((a, b) => a * b);
  const features = Float32Array.from(
    { length: count * width },
    (_, i) => Math.sin(i * 1.37) * 2 + ((i / width) | 0) * 0.01,
  );
  const targets = Float32Array.from({ length: count }, (_, i) => (i * 5) % 3);
  return { width, features, targets, count };
}

export const load = (spec: ModelSpec, { batch = 8, slots = 2, rows = 40, flags = 0, name = 1 } = {}): Buffer =>
  Buffer.concat([
    key(name),
    Buffer.from([flags]),
    u32(rows),
    u16(1),
    Buffer.from(programOf(spec, { batch, slots, training: true }).buffer),
  ]);

type Host = ReturnType<typeof rawHost>;

/** Kinds of docs/board-protocol.md: 1 weights, 3 control vector, 4 anchor. */
export function give(host: Host, kind: number, bytes: Buffer, flags = 0): Buffer {
  const hash = sha256(bytes);
  const begun = host.ask(0x10, Buffer.from([kind, flags]), u32(bytes.length), hash);
  if (begun[0] !== 0) return begun;
  assert.equal(begun.readUInt32LE(1), 0);
  for (let at = 0; at < bytes.length; at += 500)
    host.send(Buffer.from([0x11, 7]), u32(at), bytes.subarray(at, at + 500));
  return host.ask(0x12, Buffer.from([kind]), hash);
}
export const giveWeights = (host: Host, weights: Buffer, flags = 0): Buffer => give(host, 1, weights, flags);

export function giveRows(host: Host, { width, features, targets, count }: ReturnType<typeof rowsOf>, from = 0): void {
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

const u32s = (values: number[]): Buffer => Buffer.concat(values.map(u32));
const slots = { sgd: 0, momentum: 1, adam: 2 };
export interface TrainMore {
  /** 0 the training, 1 the loss at the start, 2 its gradient too. */
  work?: number;
  /** Committed before. */
  control?: Buffer;
  anchor?: Buffer;
  /** Method, steps, epsilon, step size, share, seed. */
  attack?: Buffer;
  /** First and how many of each range. */
  frozen?: number[];
}

export function train(host: Host, name: number, options: TrainingOptions, bits: 0 | 8, more: TrainMore = {}): Buffer {
  const { classWeights = [], fullBatch, proximal = 0, focalGamma = 0, lipschitz = 0 } = options;
  const { work = 0, control, anchor, attack, frozen = [] } = more;
  const flags = (control ? 1 : 0) + (anchor ? 2 : 0) + (fullBatch ? 4 : 0);
  return host.ask(
    0x30,
    key(name),
    Buffer.from([bits, slots[options.optimizer], flags, work]),
    u32(options.epochs),
    u32(options.batchSize),
    u32(options.maxSteps ?? 0),
    u32(streamSeed(options.seed, 'shuffle')),
    f64(
      options.learningRate,
      options.momentum ?? 0.9,
      0.9,
      0.999,
      1e-7,
      options.l2 ?? 0,
      options.clipNorm ?? 0,
      proximal,
    ),
    u16(classWeights.length),
    f32(...classWeights),
    f64(focalGamma, lipschitz),
    attack ?? Buffer.alloc(33),
    Buffer.of(frozen.length / 2),
    u32s(frozen),
    ...[control, anchor].flatMap((vector) => (vector ? [sha256(vector).subarray(0, 8)] : [])),
  );
}

export function readUpdate(host: Host, name: number, length: number): Buffer {
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

export function ready(spec: ModelSpec, count = 30, flags = 0) {
  const board = rawBoard();
  const host = rawHost(board);
  host.greet();
  assert.equal(host.ask(0x02, load(spec, { flags }))[0], 0);
  const weights = initialWeights(spec);
  assert.equal(giveWeights(host, bytesOf(weights))[0], 0);
  const rows = rowsOf(spec, count);
  giveRows(host, rows);
  return { board, host, weights, rows };
}
