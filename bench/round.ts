/** The round itself: what it takes beside training, what 1,000 clients cost in memory, and that its cost is linear. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleBank } from '../lib/data/sample-bank';
import {
  type Coordinator,
  createCoordinator,
  createParticipant,
  type FederatedModel,
  federatedModel,
  federationOptions,
  gatewayLearner,
  type Participant,
  type RoundMetrics,
} from '../lib/federation';
import { defaultModel } from '../lib/model';
import { generator } from '../lib/random/generator';
import { createStore } from '../lib/state';
import { createPool } from '../lib/training/pool';
import type { ModelHeader, UpdateHeader } from '../lib/update/message';
import { vectorPayload } from '../lib/update/vector';
import { bytesUsed, type Row } from './measure';
import { wideModel } from './wide-model';

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

/** Ten clients of the size of the factory example, one training thread, state on the disk: the share of a round when nothing trains. */
async function overhead(): Promise<number> {
  const [clients, rows, width, rounds] = [10, 1000, 28, 25];
  const model = federatedModel(defaultModel({ task: 'classify', input: [width], labels: ['a', 'b'], seed: 1 }));
  const folder = await mkdtemp(join(tmpdir(), 'fl-bench-'));
  const pool = createPool({ threads: 1 });
  const participants: Participant[] = [];
  const metrics: RoundMetrics[] = [];
  let trained = 0;
  const shares: number[] = [];
  const finished = new Promise<Coordinator>((resolve, reject) => {
    const made = createCoordinator({
      federation: 'bench',
      model,
      options: federationOptions({
        rounds,
        minClients: clients,
        quorum: clients,
        training: { epochs: 5, batchSize: 16, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
      }),
      store: createStore(folder),
      send: (message) => {
        for (const participant of participants) participant.receive(message);
      },
      onMetrics(record) {
        metrics.push(record);
        shares.push(1 - trained / record.durationMs);
        trained = 0;
      },
      onRefused: reject,
      onStatus: ({ phase }) => {
        if (phase === 'finished') made.then(resolve);
      },
    });
    made.then((coordinator) => {
      for (let i = 0; i < clients; i++) {
        const random = generator(i, 'bench rows');
        const bank = sampleBank({ width, targetWidth: 1, capacity: rows, eviction: 'oldest' });
        bank.add({
          features: Float32Array.from({ length: rows * width }, () => random.normal()),
          targets: Float32Array.from({ length: rows }, () => random.below(2)),
          count: rows,
        });
        participants.push(
          createParticipant({
            federation: 'bench',
            client: `client-${i}`,
            model,
            learner: gatewayLearner({ model, bank, train: pool.train }),
            send: (message) => coordinator.receive(message),
            onTrained: ({ durationMs = 0 }) => {
              trained += durationMs;
            },
          }),
        );
      }
      for (const participant of participants) participant.samplesChanged();
    }, reject);
  });
  try {
    await (await finished).close();
    // The first rounds warm the worker up.
    return median(shares.slice(5));
  } finally {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks `clients` made-up clients and takes the updates of all but one of them in. */
async function collect(clients: number, model: FederatedModel): Promise<{ coordinator: Coordinator; seconds: number }> {
  let asked: ModelHeader | undefined;
  const coordinator = await createCoordinator({
    federation: 'bench',
    model,
    options: federationOptions({ rounds: 1, minClients: clients, quorum: 1 }),
    send({ fl }) {
      if (fl.kind === 'model' && fl.cohort.length > 0) asked = fl;
    },
  });
  const base = { federation: 'bench', model: model.fingerprint, round: 1 };
  for (let i = 0; i < clients; i++) {
    coordinator.receive({ fl: { kind: 'join', ...base, client: `client-${i}`, samples: 100 } });
  }
  await new Promise((resolve) => setImmediate(resolve));
  const random = generator(1, 'bench updates');
  const values = Float32Array.from({ length: model.layout.size }, () => random.normal() * 0.01);
  let seconds = 0;
  for (let i = 0; i < clients - 1 && asked; i++) {
    const fl: UpdateHeader = {
      kind: 'update',
      ...base,
      attempt: asked.attempt,
      client: `client-${i}`,
      samples: 100,
      codecs: [],
      tensors: asked.tensors,
      expected: clients,
      deadlineMs: asked.deadlineMs,
    };
    const payload = Buffer.from(vectorPayload(values));
    const started = performance.now();
    coordinator.receive({ fl, payload });
    seconds += (performance.now() - started) / 1000;
  }
  if (coordinator.snapshot().answers !== clients - 1) throw new Error('The updates were not taken.');
  return { coordinator, seconds };
}

export async function round(): Promise<Row[]> {
  const model = wideModel();
  await (await collect(1000, model)).coordinator.close();
  const before = bytesUsed();
  const many = await collect(1000, model);
  const used = bytesUsed() - before;
  await many.coordinator.close();
  const times: number[][] = [[], []];
  for (let turn = 0; turn < 5; turn++) {
    for (const [i, clients] of [100, 1000].entries()) {
      const { coordinator, seconds } = await collect(clients, model);
      times[i].push(seconds / clients);
      await coordinator.close();
    }
  }
  const [few, thousand] = times.map(median);
  const share = await overhead();
  return [
    { name: 'round/overhead', value: share, unit: 'share', against: 'training', ratio: share },
    {
      name: 'round/update',
      value: thousand * 1e6,
      unit: 'us',
      against: '100 clients',
      ratio: few / thousand,
    },
    {
      name: 'round/memory',
      value: used / 1e6,
      unit: 'MB / 1,000',
      against: 'one vector each',
      ratio: (1000 * 4 * model.layout.size) / used,
    },
  ];
}
