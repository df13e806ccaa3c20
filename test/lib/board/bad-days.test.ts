/** The device core behind a line with every fault: whatever happens, each update is bit for bit the gateway's. */
import assert from 'node:assert/strict';
import { defaultModel, initialWeights, type ModelSpec } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import type { Normalisation, TrainingOptions } from '../../../lib/training/engine';
import type { LineOptions } from './faulty-line';
import { type Bench, bench, gatewayUpdate, jobKey } from './federated';
import { inTime } from './virtual-time';

const CAPACITY = 60;
const specs: Record<string, ModelSpec> = {
  dense: defaultModel({ task: 'classify', input: [10], labels: ['a', 'b', 'c'], seed: 1 }),
  conv1d: defaultModel({ task: 'regress', input: [12, 2], outputs: 2, seed: 2 }),
};

const silent = { onProgress() {}, signal: new AbortController().signal };

interface Day {
  line?: Omit<LineOptions, 'clock' | 'seed'>;
  /** What happens while a round goes on. */
  trouble?(one: Bench, random: ReturnType<typeof generator>): void;
}

const noisy = (faults: NonNullable<LineOptions['toBoard']>): Day => ({ line: { toBoard: faults, toHost: faults } });

const days: Record<string, Day> = {
  'a perfect line': {},
  'a bit error rate of 1e-4': noisy({ bitErrors: 1e-4 }),
  '1 % of the frames lost, doubled and cut': noisy({ lost: 0.01, doubled: 0.01, cut: 0.01 }),
  'three unplugs in each round': {
    trouble({ clock, plugged }, random) {
      for (let pull = 0; pull < 3; pull++) {
        clock.after(random.below(4000), () => plugged.pull(random.below(2000), random.below(2) === 0));
      }
    },
  },
  'a reset in each round': {
    trouble({ clock, end }, random) {
      clock.after(random.below(4000), end.reset);
    },
  },
  'a reset while it trains': {
    trouble({ clock, end }) {
      let left = 2;
      const watch = (): void => {
        if (end.busy) {
          left -= 1;
          end.reset();
        }
        if (left > 0) clock.after(40, watch);
      };
      watch();
    },
  },
  'all of it at once': {
    ...noisy({ bitErrors: 5e-5, lost: 0.005, doubled: 0.005, cut: 0.005 }),
    trouble({ clock, end, plugged }, random) {
      clock.after(random.below(3000), () => plugged.pull(random.below(1500), true));
      clock.after(random.below(6000), end.reset);
      clock.after(random.below(9000), () => plugged.pull(random.below(1500)));
      const garbage = Uint8Array.from({ length: 200 }, () => random.below(256));
      clock.after(random.below(2000), () => plugged.line.toBoard.write(garbage));
      clock.after(random.below(2000), () => plugged.line.toHost.write(garbage));
    },
  },
};

describe('the device core on bad days', () => {
  for (const [name, day] of Object.entries(days)) {
    it(`makes the gateway's updates, bit for bit, with ${name}`, async () => {
      for (const [seed, spec] of Object.values(specs).entries()) {
        const optimizer = seed === 0 ? 'adam' : 'momentum';
        const one = bench(spec, { batchSize: 8, optimizer }, CAPACITY, day.line, seed + 1);
        const random = generator(seed, 'trouble');
        one.add(40);
        // One of them has vectors beside its weights, new ones in each round.
        const vectors = seed === 0 ? undefined : { control: true, anchor: true };
        await inTime(one.clock, one.board.use({ ...one.model, vectors }));
        let weights = initialWeights(spec);
        for (let round = 1; round <= 3; round++) {
          day.trouble?.(one, random);
          const width = one.bank.width;
          const normalisation: Normalisation = {
            mean: Array.from({ length: width }, () => random.normal() / 4),
            std: Array.from({ length: width }, () => 0.5 + random.uniform()),
          };
          const options: TrainingOptions = {
            epochs: 20,
            batchSize: 8,
            optimizer,
            learningRate: 0.01,
            l2: 1e-4,
            seed: round,
            ...(vectors && { proximal: 0.1, clipNorm: 1 }),
          };
          const vector = (): Float32Array => weights.map((weight) => weight + random.normal() / 50);
          const terms = vectors ? { control: vector(), anchor: vector() } : {};
          const bits = round === 2 ? 8 : 0;
          await inTime(one.clock, one.board.commit(weights, normalisation));
          const update = await inTime(
            one.clock,
            one.board.train({ key: jobKey(round), options, bits, ...terms }, silent),
          );
          const wanted = await gatewayUpdate(one, weights, options, bits, normalisation, terms);
          assert.ok(update.payload.equals(wanted), `round ${round}`);
          assert.equal(update.samples, one.bank.count);
          weights = weights.map((weight) => weight + random.normal() / 10);
          // 40, 55, and 60 of 70: the oldest make room.
          one.add(15);
        }
        const sums = await inTime(one.clock, one.board.statistics());
        assert.deepEqual(sums, one.bank.statistics());
        assert.equal(sums[0], CAPACITY);
        await one.close();
      }
    });
  }

  it('trains anew, to the same bits, when it is stopped in the middle', async () => {
    const one = bench(specs.dense, { batchSize: 8, optimizer: 'sgd' }, CAPACITY);
    one.add(60);
    const weights = initialWeights(specs.dense);
    const options: TrainingOptions = { epochs: 500, batchSize: 1, optimizer: 'sgd', learningRate: 0.01, seed: 1 };
    await inTime(one.clock, one.board.use(one.model));
    await inTime(one.clock, one.board.commit(weights, undefined));
    const stop = new AbortController();
    const fractions: number[] = [];
    const control = {
      signal: stop.signal,
      onProgress(fraction: number) {
        fractions.push(fraction);
        stop.abort();
      },
    };
    await assert.rejects(inTime(one.clock, one.board.train({ key: jobKey(1), options, bits: 0 }, control)), {
      name: 'AbortError',
    });
    assert.ok(fractions[0] > 0 && fractions[0] < 1);
    const update = await inTime(one.clock, one.board.train({ key: jobKey(1), options, bits: 0 }, silent));
    assert.ok(update.payload.equals(await gatewayUpdate(one, weights, options, 0)));
    await one.close();
  });

  it('predicts between the blocks of a long transfer', async () => {
    const one = bench(specs.dense, { batchSize: 8, optimizer: 'sgd' }, 600);
    one.add(10);
    await inTime(one.clock, one.board.use(one.model));
    await inTime(one.clock, one.board.commit(initialWeights(specs.dense), undefined));
    one.add(500);
    let brought = false;
    const bringing = one.board.bankChanged().then(() => {
      brought = true;
    });
    const outputs = await inTime(one.clock, one.board.predict(new Float32Array(10)));
    assert.equal(outputs.length, 3);
    assert.equal(brought, false);
    await inTime(one.clock, bringing);
    assert.equal(one.board.rows.held, 510);
    await one.close();
  });
});
