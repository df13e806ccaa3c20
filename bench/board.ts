/** What a line at 115,200 baud to a board carries, by the clock of the line, so that the figures do not depend on the machine. */
import { initialWeights, parseSpec } from '../lib/model';
import { type Bench, bench, jobKey, RATE } from '../test/lib/board/federated';
import { inTime } from '../test/lib/board/virtual-time';
import type { Row } from './measure';

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
const ARENA = 160 * 1024;
const MODELS = 5;
const ASKED = 20;

async function seconds(one: Bench, work: () => Promise<unknown>): Promise<number> {
  const from = one.clock.now();
  await inTime(one.clock, work());
  return (one.clock.now() - from) / 1000;
}

async function line(name: string, bitErrors: number): Promise<Row[]> {
  const faults = { bitErrors };
  const one = bench(spec, training, 20, { toBoard: faults, toHost: faults }, 1, ARENA);
  one.add(10);
  await inTime(one.clock, one.board.use(one.model));
  await inTime(one.clock, one.board.bankChanged());
  const weights = initialWeights(spec);
  const modelBytes = 4 * weights.length;
  let [down, up, updateBytes] = [0, 0, 0];
  for (let k = 1; k <= MODELS; k++) {
    weights[0] = k;
    down += await seconds(one, () => one.board.commit(weights, undefined));
    up += await seconds(one, async () => {
      const update = await one.board.train({ key: jobKey(k), options, bits: 8 }, control);
      updateBytes = update.payload.length;
    });
  }
  const latency = await seconds(one, async () => {
    for (let k = 0; k < ASKED; k++) await one.board.predict(new Float32Array(92));
  });
  const { framesAgain } = one.board.figures;
  await one.close();
  const against = '115,200 baud';
  const share = (bytes: number, time: number): number => (MODELS * bytes) / time / RATE;
  const rate = (what: string, part: number): Row => ({
    name: `board/${name}/${what}`,
    value: part * RATE,
    unit: 'bytes/s',
    against,
    ratio: part,
  });
  const both = (MODELS * (modelBytes + updateBytes)) / RATE / (down + up);
  // A row of 92 numbers there and 7 back, at the rate of the line.
  const bare = (4 * (92 + 7)) / RATE;
  return [
    rate('weights', share(modelBytes, down)),
    rate('update', share(updateBytes, up)),
    rate('both', both),
    {
      name: `board/${name}/again`,
      value: framesAgain / MODELS,
      unit: 'frames',
      against: 'one model of 40 kB',
      ratio: framesAgain / MODELS,
    },
    {
      name: `board/${name}/predict`,
      value: (1000 * latency) / ASKED,
      unit: 'ms',
      against: 'the time of its bytes',
      ratio: latency / ASKED / bare,
    },
  ];
}

export async function board(): Promise<Row[]> {
  return [...(await line('clean', 0)), ...(await line('ber1e-5', 1e-5)), ...(await line('ber1e-4', 1e-4))];
}
