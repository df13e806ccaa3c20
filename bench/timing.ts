/**
 * What an update costs the aggregator when it comes late, or where there are no rounds: taken in, with its share of the models
 * that are made and sent, against an update of plain rounds. 100 clients at work, 10,000 numbers.
 */
import { type Coordinator, createCoordinator, federationOptions } from '../lib/federation';
import type { FederationOptions } from '../lib/federation/options';
import type { TimingOptions } from '../lib/federation/timing/options';
import { generator } from '../lib/random/generator';
import type { ModelHeader, UpdateHeader } from '../lib/update/message';
import { vectorPayload } from '../lib/update/vector';
import { compare, type Row } from './measure';
import { wideModel } from './wide-model';

const CLIENTS = 100;
const ANSWERS = 600;

const model = wideModel();
const random = generator(1, 'bench timing');
const payload = vectorPayload(Float32Array.from({ length: model.layout.size }, () => random.normal() * 0.001));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A federation whose clients answer at once, in the order in which they were asked, until ANSWERS updates have been taken. */
async function serve(wish: Partial<FederationOptions>): Promise<void> {
  let waiting: { fl: ModelHeader; client: string }[] = [];
  let refused: Error | undefined;
  const coordinator: Coordinator = await createCoordinator({
    federation: 'bench',
    model,
    options: federationOptions({ rounds: 1e6, minClients: CLIENTS, quorum: 1, ...wish }),
    onRefused: (error) => {
      refused = error;
    },
    send({ fl }) {
      if (fl.kind === 'model' && fl.cohort !== 'all') waiting.push(...fl.cohort.map((client) => ({ fl, client })));
    },
  });
  const base = { federation: 'bench', model: model.fingerprint };
  for (let i = 0; i < CLIENTS; i++) {
    coordinator.receive({ fl: { kind: 'join', ...base, round: 0, client: `client-${i}`, samples: 100 } });
  }
  for (let taken = 0; taken < ANSWERS; ) {
    await turn();
    const now = waiting;
    waiting = [];
    for (const { fl, client } of now) {
      const update: UpdateHeader = {
        kind: 'update',
        ...base,
        round: fl.round,
        attempt: fl.attempt,
        client,
        samples: 100,
        codecs: [],
        tensors: fl.tensors,
        expected: CLIENTS,
        deadlineMs: fl.deadlineMs,
        ...(fl.turn ? { turn: fl.turn } : {}),
      };
      coordinator.receive({ fl: update, payload });
      taken++;
    }
    if (refused) throw refused;
  }
  await coordinator.close();
}

const timings: Record<string, { timing: TimingOptions; count?: number }> = {
  // Half of the answers come when their round is closed, and count in the next one.
  late: { timing: { mode: 'rounds', overSelect: 1, late: { maxStaleness: 2 } }, count: CLIENTS / 2 },
  fedbuff: {
    timing: {
      mode: 'async',
      method: { name: 'fedbuff', bufferSize: CLIENTS, serverLearningRate: 1 },
      maxStaleness: 20,
      saveMs: 0,
    },
  },
  fedasync: {
    timing: { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 200, saveMs: 0 },
  },
};

export async function timing(): Promise<Row[]> {
  const rows: Row[] = [];
  const plain = (): Promise<void> => serve({});
  for (const [name, { timing: wished, count }] of Object.entries(timings)) {
    const run = (): Promise<void> =>
      serve({ timing: wished, ...(count ? { sampler: { name: 'random', count } } : {}) });
    const { ours, ratio } = await compare(run, plain, { turns: 5, ms: 50 });
    rows.push({
      name: `timing/${name}`,
      value: (ours / ANSWERS) * 1e6,
      unit: 'us an update',
      against: `plain rounds (costs ${(1 / ratio).toPrecision(3)} of it)`,
      ratio,
    });
  }
  return rows;
}
