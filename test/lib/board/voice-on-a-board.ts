/** One board with the backbone of drawing 04: that it embeds, learns and predicts to the bit as the gateway does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board, OpenLine } from '../../../lib/board/board';
import { createBoard } from '../../../lib/board/create-board';
import { openInt8 } from '../../../lib/core';
import { poolStatistics, statisticsOf } from '../../../lib/data/normalisation';
import { type SampleBank, sampleBank } from '../../../lib/data/sample-bank';
import { fingerprint, initialWeights, layoutOf, parseSpec } from '../../../lib/model';
import { backboneOf } from '../../../lib/training/backbone';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { SampleBlock, TrainingOptions } from '../../../lib/training/engine';

const datasets = join(__dirname, '../../../../datasets');
const backbone = new Uint8Array(readFileSync(join(datasets, 'voice-backbone.tflite')));
const labels = Array.from({ length: 10 }, (_, digit) => String(digit));

/** The takes of one speaker. */
function spoken(speaker: string): SampleBlock {
  const [, ...lines] = readFileSync(join(datasets, 'voices.csv'), 'utf8').trim().split('\n');
  const rows = lines.map((line) => line.split(',')).filter((cells) => cells[0] === speaker);
  return {
    features: Float32Array.from(rows.flatMap((cells) => cells.slice(3).map(Number))),
    targets: Float32Array.from(rows, (cells) => Number(cells[2])),
    count: rows.length,
  };
}

/** A busy machine may take long; it ends before mocha's own limit. */
const PATIENCE_MS = 100_000;

export interface PluggedBoard {
  openLine: OpenLine;
  close(): Promise<void>;
}

/** Says what is to be so, within a describe() that waits long enough. */
export function itLearnsBehindABackbone(plug: () => PluggedBoard | Promise<PluggedBoard>): void {
  const spec = parseSpec({
    version: 1,
    task: 'classify',
    backbone: backboneOf(backbone),
    input: [64],
    layers: [{ type: 'dense', units: 10, activation: 'softmax' }],
    labels,
    seed: 3,
  });
  const takes = spoken('theo');
  const embedded: SampleBlock = { ...takes, features: openInt8(backbone).predict(takes.features, takes.count) };
  const options: TrainingOptions = {
    epochs: 3,
    batchSize: 16,
    optimizer: 'sgd',
    learningRate: 0.05,
    l2: 0.001,
    seed: 11,
  };
  const weights = initialWeights(spec);
  const normalisation = poolStatistics([statisticsOf(embedded, 64)], 64);
  const bank: SampleBank = sampleBank({ width: 160, targetWidth: 1, capacity: 150, eviction: 'oldest' });
  let board: Board;
  let unplug: () => Promise<void>;
  let signal: AbortSignal;

  before(async () => {
    signal = AbortSignal.timeout(PATIENCE_MS);
    const device = await plug();
    unplug = device.close;
    board = createBoard({ openLine: device.openLine, bank });
    bank.add(takes);
    const model = { spec, layout: layoutOf(spec), fingerprint: fingerprint(spec), training: options, backbone };
    const fit = await board.use(model, signal);
    assert.ok(fit.fits && fit.neededBytes < 96 * 1024, `${fit.neededBytes} bytes`);
    await board.commit(weights, normalisation, signal);
    await board.bankChanged(signal);
  });
  after(async () => {
    await board?.close();
    await unplug?.();
  });

  it('tells the statistics of what the backbone gives, to the bit as the gateway does', async () => {
    assert.deepEqual(await board.statistics(signal), statisticsOf(embedded, 64));
  });

  it('learns the head to the bit as the gateway does behind the same backbone', async () => {
    const trained = await createCoreEngine().train({ spec, weights, samples: embedded, normalisation, options });
    const change = trained.weights.map((value, i) => value - weights[i]);
    const update = await board.train({ key: '00112233445566aa', options, bits: 0 }, { signal, onProgress: () => {} });
    assert.equal(update.samples, takes.count);
    assert.deepEqual(update.payload, Buffer.from(change.buffer));
  });

  it('predicts a raw take to the bit as the gateway does', async () => {
    const { outputs } = await createCoreEngine().predict({
      spec,
      weights,
      features: embedded.features,
      count: takes.count,
      normalisation,
    });
    for (const row of [0, 77, takes.count - 1]) {
      const found = await board.predict(takes.features.subarray(160 * row, 160 * row + 160), signal);
      assert.deepEqual(found, outputs.slice(10 * row, 10 * row + 10));
    }
  });
}
