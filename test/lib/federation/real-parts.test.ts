/** The federation with everything real in it: rows of engines, the core in worker threads, 8-bit updates, files. */
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCoordinator,
  createParticipant,
  createPool,
  createStore,
  federatedModel,
  federationOptions,
  gatewayLearner,
  type Participant,
  type Pool,
  type RoundMetrics,
  type SampleBank,
  type Snapshot,
  sampleBank,
} from '../../../lib';
import { readCsv } from '../../../lib/data/csv';
import { defaultModel } from '../../../lib/model';
import { applyCodec } from '../../../lib/update/codecs/registry';

const sensors = ['s2', 's3', 's4', 's7', 's11', 's12', 's15', 's20', 's21'];
const model = federatedModel(
  defaultModel({ task: 'classify', input: [sensors.length], labels: ['healthy', 'failing'], seed: 2 }),
);

/** The five engines of each plant; failing within 30 cycles of the end. */
async function plants(): Promise<Map<string, SampleBank>> {
  const file = join(__dirname, '../../../../datasets/factory-train.csv');
  const engines = new Map<string, { plant: string; rows: number[][] }>();
  for await (const row of readCsv(createReadStream(file), { required: ['plant', 'unit', ...sensors] })) {
    const unit = String(row.unit);
    const engine = engines.get(unit) ?? { plant: String(row.plant), rows: [] };
    engine.rows.push(sensors.map((sensor) => Number(row[sensor])));
    engines.set(unit, engine);
  }
  const banks = new Map<string, SampleBank>();
  for (const { plant, rows } of engines.values()) {
    const bank =
      banks.get(plant) ?? sampleBank({ width: sensors.length, targetWidth: 1, capacity: 5000, eviction: 'oldest' });
    bank.add({
      features: Float32Array.from(rows.flat()),
      targets: Float32Array.from(rows, (_, i) => (rows.length - i <= 30 ? 1 : 0)),
      count: rows.length,
    });
    banks.set(plant, bank);
  }
  return banks;
}

interface Outcome {
  snapshot: Snapshot;
  metrics: RoundMetrics[];
}

async function federate(
  pool: Pool,
  banks: Map<string, SampleBank>,
  { folder, stopIn = 0, rounds = 5 }: { folder?: string; stopIn?: number; rounds?: number } = {},
): Promise<Outcome> {
  const participants: Participant[] = [];
  const metrics: RoundMetrics[] = [];
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const fail = (error: Error): never => assert.fail(error.message);
  const coordinator = await createCoordinator({
    federation: 'plants',
    model,
    options: federationOptions({
      rounds,
      minClients: banks.size,
      quorum: banks.size,
      training: { epochs: 2, batchSize: 16, optimizer: 'adam', learningRate: 0.01, seed: 5 },
    }),
    store: folder ? createStore(folder) : undefined,
    send(message) {
      if (message.fl.kind === 'model' && message.fl.round === stopIn) setTimeout(finish, 5);
      else for (const participant of participants) participant.receive(message);
    },
    onMetrics: (record) => metrics.push(record),
    onRefused: fail,
    onStatus: ({ phase }) => {
      if (phase === 'finished') finish();
    },
  });
  for (const [client, bank] of banks) {
    participants.push(
      createParticipant({
        federation: 'plants',
        client,
        model,
        learner: gatewayLearner({ model, bank, train: pool.train }),
        send({ fl, payload }) {
          if (fl.kind !== 'update') return coordinator.receive({ fl, payload });
          const coded = applyCodec({ fl, payload }, 'quantize', { bits: 8 });
          coordinator.receive({ fl: { ...fl, codecs: coded.codecs }, payload: coded.payload });
        },
        onRefused: fail,
      }),
    );
  }
  for (const participant of participants) participant.samplesChanged();
  await finished;
  for (const participant of participants) participant.close();
  await coordinator.close();
  return { snapshot: coordinator.snapshot(), metrics };
}

describe('a federation of real parts', () => {
  let banks: Map<string, SampleBank>;
  let pool: Pool;
  before(async () => {
    banks = await plants();
    pool = createPool({ threads: 2 });
  });
  after(() => pool.close());

  it('learns, counts the bytes that travelled, and gives the same bits again', async () => {
    const first = await federate(pool, banks);
    const losses = first.metrics.map(({ loss }) => loss ?? Number.NaN);
    assert.ok(losses[4] < 0.85 * losses[0], `losses ${losses}`);
    const { metrics, snapshot } = first;
    const size = model.layout.size;
    const coded = size + 4 * model.layout.tensors.length;
    assert.equal(banks.size, 10);
    for (const record of metrics) {
      assert.deepEqual([record.bytesUp, record.bytesDown], [10 * coded, 10 * 4 * size]);
    }
    const statistics = 10 * 8 * (1 + 2 * sensors.length);
    assert.deepEqual(
      [snapshot.bytesUpTotal, snapshot.bytesDownTotal],
      [5 * 10 * coded + statistics, 5 * 10 * 4 * size],
    );
    const again = await federate(pool, banks);
    assert.deepEqual(again.snapshot.weights, snapshot.weights);
    assert.deepEqual(
      again.metrics.map(({ loss, updateNorm }) => [loss, updateNorm]),
      metrics.map(({ loss, updateNorm }) => [loss, updateNorm]),
    );
  });

  it('stopped in the middle of a round and started again ends with the same bits', async () => {
    const whole = await federate(pool, banks);
    const folder = await mkdtemp(join(tmpdir(), 'fl-real-'));
    try {
      const half = await federate(pool, banks, { folder, stopIn: 3 });
      assert.equal(half.snapshot.round, 3);
      const rest = await federate(pool, banks, { folder });
      assert.deepEqual(
        rest.metrics.map(({ round }) => round),
        [3, 4, 5],
      );
      assert.deepEqual(rest.snapshot.weights, whole.snapshot.weights);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
