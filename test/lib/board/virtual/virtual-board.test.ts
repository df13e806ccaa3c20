import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Board, BoardState, BoardUpdate, OpenLine } from '../../../../lib/board/board';
import { createBoard } from '../../../../lib/board/create-board';
import { lineStream } from '../../../../lib/board/virtual/line-stream';
import { type VirtualBoard, virtualBoard } from '../../../../lib/board/virtual/virtual-board';
import { type SampleBank, sampleBank } from '../../../../lib/data';
import { defaultModel, fingerprint, initialWeights, layoutOf } from '../../../../lib/model';
import { generator } from '../../../../lib/random/generator';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import type { TrainingOptions } from '../../../../lib/training/engine';
import { jobKey } from '../federated';

const spec = defaultModel({ task: 'classify', input: [6], labels: ['a', 'b', 'c'], seed: 3 });
const training = { batchSize: 8, optimizer: 'adam' as const };
const model = { spec, layout: layoutOf(spec), fingerprint: fingerprint(spec), training };
const weights = initialWeights(spec);
const optionsOf = (seed: number): TrainingOptions => ({ ...training, epochs: 10, learningRate: 0.02, seed });
const control = { signal: new AbortController().signal, onProgress() {} };

function rowsOf(seed: number): SampleBank {
  const random = generator(seed, 'virtual');
  const bank = sampleBank({ width: 6, targetWidth: 1, capacity: 40, eviction: 'oldest' });
  for (let row = 0; row < 30; row++) {
    const features = Float32Array.from({ length: 6 }, () => random.normal());
    bank.add({ features, targets: Float32Array.of(random.below(3)), count: 1 });
  }
  return bank;
}

async function learn(board: Board, seed: number): Promise<BoardUpdate> {
  await board.use(model);
  await board.commit(weights, undefined);
  return board.train({ key: jobKey(seed), options: optionsOf(seed), bits: 0 }, control);
}

async function gateway(bank: SampleBank, seed: number): Promise<Buffer> {
  const job = { spec, weights, samples: bank.block(), options: optionsOf(seed) };
  const { weights: local } = await createCoreEngine().train(job);
  return Buffer.from(local.map((value, i) => value - weights[i]).buffer);
}

describe('virtual boards', () => {
  const open: { close(): Promise<void> }[] = [];
  const virtual = (name: string): VirtualBoard => {
    const board = virtualBoard({ name });
    open.push(board);
    return board;
  };
  const boardAt = (openLine: OpenLine, bank: SampleBank, onState?: (state: BoardState) => void): Board => {
    const board = createBoard({ openLine, bank, onState });
    open.unshift(board);
    return board;
  };
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it('learn side by side what the gateway learns from the same rows, to the bit', async () => {
    const seeds = Array.from({ length: 16 }, (_, i) => i + 1);
    const updates = await Promise.all(
      seeds.map((seed) => learn(boardAt(virtual(`side ${seed}`).openLine, rowsOf(seed)), seed)),
    );
    for (const [i, seed] of seeds.entries()) {
      assert.ok(updates[i].payload.equals(await gateway(rowsOf(seed), seed)), `board ${seed}`);
    }
  });

  it('keep what they hold while their line is closed, and lose it by a reset', async () => {
    const device = virtual('kept');
    const bank = rowsOf(1);
    const first = boardAt(device.openLine, bank);
    await learn(first, 1);
    const { bytesOut } = first.figures;
    await first.close();
    // The same job again is done already: its update is read, and nothing learned anew.
    const second = boardAt(device.openLine, bank);
    const update = await learn(second, 1);
    assert.ok(update.payload.equals(await gateway(bank, 1)));
    assert.ok(second.figures.bytesOut < bytesOut - 4 * weights.length, 'the weights were there');

    const resets: string[] = [];
    const third = createBoard({
      openLine: device.openLine,
      bank,
      onEvent: (event) => event.event === 'reset' && resets.push(event.reason),
    });
    await second.close();
    open.unshift(third);
    await learn(third, 1);
    device.reset();
    assert.ok((await learn(third, 2)).payload.equals(await gateway(bank, 2)));
    assert.deepEqual(resets, ['pin']);
  });

  it('predict from their flash after a restart', async () => {
    const states: BoardState[] = [];
    const board = boardAt(virtual('flash').openLine, rowsOf(1), (state) => states.push(state));
    await learn(board, 1);
    const before = await board.predict(new Float32Array(6).fill(0.5));
    await board.save();
    await board.restart();
    assert.deepEqual(await board.predict(new Float32Array(6).fill(0.5)), before);
    const last = states.at(-1);
    assert.ok(last?.state === 'ready' && last.identity.reset === 'asked');
  });

  it('have one line at a time, and none when they are gone', async () => {
    const device = virtual('alone');
    const reasons: string[] = [];
    const events = { bytes() {}, closed: (reason: string) => reasons.push(reason) };
    await device.openLine(events, undefined);
    await assert.rejects(device.openLine(events, undefined), { code: 'port-shared' });
    await device.close();
    assert.equal(reasons.length, 1);
    await assert.rejects(device.openLine(events, undefined), { code: 'no-port' });
  });

  it('can sit behind a stream', async () => {
    const stream = await lineStream(virtual('stream').openLine);
    let there = true;
    const openLine: OpenLine = async (events) => {
      stream.on('data', (chunk) => events.bytes(chunk));
      stream.on('close', () => events.closed('The stream has ended.'));
      return {
        write: (bytes) => there && stream.write(bytes),
        async close() {
          there = false;
        },
      };
    };
    const bank = rowsOf(4);
    assert.ok((await learn(boardAt(openLine, bank), 4)).payload.equals(await gateway(bank, 4)));
    stream.destroy();
    await sleep(0);
  });

  it('keep no process alive that has nothing else to do', async () => {
    const script = `
      const { virtualBoard } = require(${JSON.stringify(join(__dirname, '../../../../lib/board/virtual/virtual-board.js'))});
      virtualBoard({ name: 'left open' }).openLine({ bytes() {}, closed() {} }, undefined).then(() => console.log('open'));
    `;
    const output = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, ['-e', script], { timeout: 100_000 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
    });
    assert.equal(output, 'open\n');
  });
});
