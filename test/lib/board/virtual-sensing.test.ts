import assert from 'node:assert/strict';
import type { FeatureName } from '../../../lib/board/board';
import { createBoard } from '../../../lib/board/create-board';
import { FEATURE_NAMES } from '../../../lib/board/sensing';
import { virtualBoard } from '../../../lib/board/virtual/virtual-board';
import { fingerprint, layoutOf, parseSpec } from '../../../lib/model';
import { type SenseCase, senseCases, senseExpected } from '../../core/sense-cases';

/** Row by row, the statistics [count, sums, sums of squares] of float64 numbers. */
function statistics(rows: number[], width: number): number[] {
  const sums = Array.from({ length: 2 * width }, () => 0);
  rows.forEach((value, i) => {
    sums[i % width] += value;
    sums[width + (i % width)] += value * value;
  });
  return [rows.length / width, ...sums];
}

describe('what a virtual board feels', () => {
  const fitting = ({ features, window, readings, channels }: SenseCase): boolean =>
    new Set(features).size === features.length &&
    features.every((kind) => kind < 10) &&
    readings.length >= window * channels;
  for (const one of senseCases().filter(fitting)) {
    it(`becomes rows of features: ${one.name}`, async () => {
      const expected = senseExpected(one);
      const { window, hop, channels, readings } = one;
      const names = one.features.map((kind): FeatureName => FEATURE_NAMES[kind]);
      const raw = names.includes('raw') ? window : 0;
      const width = channels * (raw + names.length - (raw > 0 ? 1 : 0));
      const spec = parseSpec({
        version: 1,
        task: 'classify',
        input: [width],
        layers: [{ type: 'dense', units: 2, activation: 'softmax' }],
        labels: ['calm', 'wild'],
      });
      const device = virtualBoard({ name: one.name });
      const board = createBoard({
        openLine: device.openLine,
        sensing: { sensor: 'host', channels, rate: 100, window, hop, features: names, predict: false, keep: true },
      });
      const signal = AbortSignal.timeout(100_000);
      try {
        const training = { batchSize: 4, optimizer: 'sgd' as const };
        await board.use({ spec, layout: layoutOf(spec), fingerprint: fingerprint(spec), training }, signal);
        await board.label('next', 1);
        board.readings(readings);
        const rows = expected.length / width;
        // Readings are silent: the rows come when the board has taken them.
        let told = await board.statistics(signal);
        while (told[0] < rows) told = await board.statistics(signal);
        assert.equal(told.length, 1 + 2 * width);
        for (const [i, value] of statistics(expected, width).entries()) {
          assert.ok(
            Math.abs(told[i] - value) <= 2e-6 * rows * Math.max(1, Math.abs(value)),
            `${i}: ${told[i]}, ${value}`,
          );
        }
      } finally {
        await board.close();
        await device.close();
      }
    });
  }
});
