/** What of a line's rate is left for what is to be said, by the clock of the line: the device core at 115,200 baud. */
import assert from 'node:assert/strict';
import { initialWeights, parseSpec } from '../../../lib/model';
import type { LineOptions } from './faulty-line';
import { type Bench, bench, gatewayUpdate, jobKey, RATE } from './federated';
import { inTime } from './virtual-time';

/** 10,007 parameters. */
const spec = parseSpec({
  task: 'classify',
  input: [92],
  labels: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  layers: [
    { type: 'dense', units: 100, activation: 'relu' },
    { type: 'dense', units: 7, activation: 'softmax' },
  ],
  seed: 1,
});
const training = { batchSize: 4, optimizer: 'sgd' as const };
const options = { ...training, epochs: 1, learningRate: 0.05, seed: 1 };
const control = { signal: new AbortController().signal, onProgress() {} };

async function timed(one: Bench, work: () => Promise<unknown>): Promise<number> {
  const from = one.clock.now();
  await inTime(one.clock, work());
  return (one.clock.now() - from) / 1000;
}

/** Updates of float32 again and again. */
async function goodputBack(line: Omit<LineOptions, 'clock' | 'seed'>, seed: number): Promise<number> {
  const one = await started(line, seed);
  await inTime(one.clock, one.board.commit(initialWeights(spec), undefined));
  let [seconds, bytes] = [0, 0];
  for (let k = 1; k <= 5; k++) {
    seconds += await timed(one, async () => {
      bytes += (await one.board.train({ key: jobKey(k), options, bits: 0 }, control)).payload.length;
    });
  }
  await one.close();
  return bytes / seconds / RATE;
}

async function started(line: Omit<LineOptions, 'clock' | 'seed'>, seed = 1): Promise<Bench> {
  const one = bench(spec, training, 20, line, seed, 160 * 1024);
  one.add(10);
  await inTime(one.clock, one.board.use(one.model));
  await inTime(one.clock, one.board.bankChanged());
  return one;
}

/** Weights again and again: bytes of weights a second, as a part of the rate of the line. */
async function goodput(line: Omit<LineOptions, 'clock' | 'seed'>, seed: number): Promise<number> {
  const one = await started(line, seed);
  const weights = initialWeights(spec);
  let seconds = 0;
  for (let k = 0; k < 5; k++) {
    weights[0] = k;
    seconds += await timed(one, () => one.board.commit(weights, undefined));
  }
  await one.close();
  return (5 * 4 * weights.length) / seconds / RATE;
}

describe('a line to a board', () => {
  it('carries 90 % of its rate both ways when it is clean', async () => {
    assert.ok((await goodput({}, 1)) >= 0.9);
    assert.ok((await goodputBack({}, 1)) >= 0.9);
  });

  it('carries 60 % of its rate both ways at a bit error rate of 1e-4', async () => {
    const faults = { bitErrors: 1e-4 };
    for (const seed of [1, 2, 3]) {
      assert.ok((await goodput({ toBoard: faults, toHost: faults }, seed)) >= 0.6);
      assert.ok((await goodputBack({ toBoard: faults, toHost: faults }, seed)) >= 0.6);
    }
  });

  it('takes a model of 10,000 parameters and gives its update of 8 bits within 1.15 times the time of their bytes', async () => {
    const one = await started({});
    const weights = initialWeights(spec);
    let payload: Buffer = Buffer.alloc(0);
    const seconds = await timed(one, async () => {
      await one.board.commit(weights, undefined);
      payload = (await one.board.train({ key: jobKey(1), options, bits: 8 }, control)).payload;
    });
    assert.ok(payload.equals(await gatewayUpdate(one, weights, options, 8)));
    const bytes = 4 * weights.length + payload.length;
    assert.ok(seconds <= (1.15 * bytes) / RATE, `${seconds} s for ${bytes} bytes`);
    await one.close();
  });
});
