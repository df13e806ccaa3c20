/** The last rounds, for who looks: kept with the federation. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Curve, curveOf, MOST_POINTS, withPoint, withRound } from '../../../lib/federation/curve';
import type { RoundMetrics } from '../../../lib/federation/metrics';
import { createStore, type StateRecord } from '../../../lib/state';
import { type Toy, toyFederation } from './toy';

const metrics = (wish: Partial<RoundMetrics>): RoundMetrics => ({
  ...{ federation: 'f', round: 1, strategy: 'fedavg', cohort: 2, updates: 2, declined: 0, refused: {}, late: 0 },
  ...{ samples: 10, updateNorm: 1, bytesUp: 100, bytesDown: 200, bytesUpTotal: 0, bytesDownTotal: 0 },
  ...{ durationMs: 5, clients: 2, ...wish },
});
const drawn = (all: Partial<RoundMetrics>[]): Curve =>
  all.reduce<Curve>((curve, wish) => withRound(curve, metrics(wish)), []);
const clients = ['a', 'b', 'c'];

describe('The curve of a federation', () => {
  it('has a point for a round that was asked three times, with all of its bytes, and what privacy has come to', () => {
    const privacy = { mode: 'central' as const, clippingNorm: 0.5, noiseMultiplier: 1, delta: 1e-5, epsilon: 2 };
    const curve = drawn([
      { void: 'Too few.', updates: 0 },
      { void: 'Too few.', updates: 0 },
      { loss: 0.5 },
      { round: 2, loss: 0.25, privacy },
      { round: 3, privacy, clipping: { share: 0.5, next: 0.6 } },
      { round: 4, void: 'Too few.', updates: 0, updateNorm: 0 },
    ]);
    assert.deepEqual(curve, [
      { round: 1, loss: 0.5, norm: 1, up: 300, down: 600, updates: 2, voids: 2 },
      { round: 2, loss: 0.25, norm: 1, epsilon: 2, up: 100, down: 200, updates: 2 },
      { round: 3, norm: 1, epsilon: 2, clip: 0.5, up: 100, down: 200, updates: 2 },
      { round: 4, up: 100, down: 200, updates: 0, voids: 1 },
    ]);
  });

  it('has as many points as a chart shows, however long a federation runs, and begins anew with it', () => {
    let points: readonly { round: number }[] = [];
    for (let round = 1; round <= 5 * MOST_POINTS; round++) points = withPoint(points, { round });
    assert.deepEqual(
      points.map(({ round }) => round),
      Array.from({ length: MOST_POINTS }, (_, i) => 4 * MOST_POINTS + 1 + i),
    );
    assert.deepEqual(withPoint(points, { round: 1 }), [{ round: 1 }]);
  });

  it('stops nothing, whatever was kept', () => {
    const [point] = drawn([{ loss: 0.5 }]);
    for (const rubbish of [undefined, null, 7, 'x', {}, { length: 3 }, [null, 3, 'x', [], {}, { round: 1 }]]) {
      assert.deepEqual(curveOf(rubbish), []);
    }
    const other = [
      { ...point, round: '2' },
      { ...point, loss: null },
      { ...point, up: Number.NaN },
    ];
    assert.deepEqual(curveOf([other[0], point, other[1], other[2]]), [point]);
    assert.equal(curveOf(Array(1000).fill(point)).length, MOST_POINTS);
  });

  it('goes on after a restart, is written with the round and never by itself, and is forgotten at a reset', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'curve-'));
    const store = createStore(folder);
    let writes = 0;
    const counting = {
      read: store.read,
      write: (name: string, record: StateRecord) => {
        writes++;
        return store.write(name, record);
      },
    };
    const lived = async (rounds: number): Promise<Toy> => {
      const options = { rounds, minClients: 3, quorum: 3 };
      const toy = await toyFederation({ clients, options, parts: { store: counting } });
      await toy.settle();
      return toy;
    };
    const first = await lived(3);
    const { curve } = first.coordinator.overview();
    assert.deepEqual(
      curve.map(({ round, loss }) => [round, loss]),
      first.metrics.map(({ round, loss }) => [round, loss]),
    );
    await first.close();
    // The name of the model, the statistics of round 0, and the rounds.
    assert.equal(writes, 5);
    const second = await lived(5);
    const after = second.coordinator.overview().curve;
    assert.deepEqual(after.slice(0, 3), curve);
    assert.deepEqual(
      after.map(({ round }) => round),
      [1, 2, 3, 4, 5],
    );
    second.coordinator.command('pause');
    second.coordinator.command('reset');
    assert.deepEqual(second.coordinator.overview().curve, []);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});
