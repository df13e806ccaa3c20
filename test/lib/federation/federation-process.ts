/**
 * A whole federation in a process that is going to be killed. Says the round of each model as it goes out, what was told of
 * each round, and at the end the final weights of all groups and who is in quarantine. The arguments are a folder (none:
 * without a store) and a KilledFederation as JSON.
 */
import {
  type FederationOptions,
  type Learner,
  personalLearner,
  personalOptions,
  type RoundMetrics,
} from '../../../lib/federation';
import { localMemory } from '../../../lib/federation/local/memory';
import { decodePersonal, encodePersonal, type PersonalState } from '../../../lib/federation/personal/state';
import { clipToNorm } from '../../../lib/privacy/clip';
import { begunAt } from '../../../lib/privacy/tree';
import { createStore, type Store } from '../../../lib/state';
import type { FederationHeader, Message } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { kernels, toyFederation, toyLearner, toyModel, toyTrain } from './toy';

export interface KilledFederation {
  clients: string[];
  options: Partial<FederationOptions>;
  /** Each client keeps a personal model (Ditto), told at the end too. */
  personal?: boolean;
  /** Their targets have the other sign: another kind of client. */
  others?: string[];
  /** Sends its update turned round. */
  liar?: string;
  /** Clipped as fl-dp-noise does it, to this at first; the noise is 0, so that all lives come to the same. */
  clipped?: number;
  /** And the noise is of a tree of so many levels, whose nodes all have the same. */
  levels?: number;
}

const options = personalOptions({ method: 'ditto' });
const model = toyModel();
/** client -> its own vector. */
const owned = new Map<string, PersonalState | undefined>();

/** As the nodes do it. */
async function withPersonal(client: string, store: Store | undefined): Promise<Learner> {
  const name = `${client} personal`;
  const { state } = decodePersonal(await store?.read(name), model, options);
  owned.set(client, state);
  return personalLearner({
    model,
    options,
    learner: toyLearner(client),
    state,
    async save(kept) {
      owned.set(client, kept);
      if (kept) await store?.write(name, encodePersonal(kept, model, options));
    },
    onTrouble: ({ code }) => process.stdout.write(`refused ${code}\n`),
  });
}

const otherLearner = (client: string): Learner =>
  toyLearner(client, async (job) => {
    const { samples } = job;
    return toyTrain({ ...job, samples: { ...samples, targets: samples.targets.map((value) => -value) } });
  });

/** What does not depend on the clock and on what was asked twice. */
function toldOf({ round, updateNorm, loss, rejected, quarantined, groups, clipping, tree }: RoundMetrics): string {
  return `${round} ${JSON.stringify({ updateNorm, loss, rejected, quarantined, groups, clipping, tree })}`;
}

/** As fl-dp-noise does it in central mode, with C of its own accord. */
function clip({ fl, payload }: Message<FederationHeader>, firstNorm: number, levels?: number): unknown {
  if (fl.kind !== 'update') return undefined;
  const adaptive = { firstNorm, quantile: 0.5, rate: 0.2, step: 'geometric' } as const;
  const clippingNorm = fl.central?.clippingNorm ?? firstNorm;
  const noise = { clippingNorm, noiseMultiplier: 0.1 };
  const { vector, clipped } = clipToNorm(readVector(payload, model.layout.size), clippingNorm, kernels);
  const how = levels
    ? { tree: { levels, begun: begunAt(noise, levels, fl.central?.tree, fl.round) } }
    : { adaptive, within: !clipped };
  const privacy = { mode: 'central', ...noise, delta: 1e-5, epsilon: 1, ...how };
  return { fl: { ...fl, privacy }, payload: vectorPayload(vector) };
}

async function main(): Promise<void> {
  const [folder, wish] = process.argv.slice(2);
  const { clients, personal, others = [], liar, clipped, levels, options } = JSON.parse(wish) as KilledFederation;
  const store = folder ? createStore(folder) : undefined;
  const learners = new Map<string, Learner | undefined>();
  for (const client of clients) {
    const own = personal ? await withPersonal(client, store) : undefined;
    learners.set(client, others.includes(client) ? otherLearner(client) : own);
  }
  let end: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    end = resolve;
  });
  const toy = await toyFederation({
    options: { minClients: clients.length, ...options },
    parts: {
      store,
      ...(clipped ? { normal: () => 0, seed: () => '5a'.repeat(32) } : {}),
      onRefused: (refused) => process.stdout.write(`refused ${refused.code}\n`),
      onMetrics: (record) => process.stdout.write(`told ${toldOf(record)}\n`),
      onStatus({ phase, round }) {
        if (phase === 'collecting') process.stdout.write(`round ${round}\n`);
        if (phase === 'finished') end();
      },
    },
    up(message: Message<FederationHeader>) {
      if (message.fl.kind === 'update' && clipped) return clip(message, clipped, levels);
      if (message.fl.kind !== 'update' || message.fl.client !== liar) return message;
      const turned = readVector(message.payload, model.layout.size).map((value) => -3 * value);
      return { ...message, payload: vectorPayload(turned) };
    },
  });
  // What they keep for the strategy lies in the same folder.
  // All at once: the coordinator has called already.
  for (const [client, own] of learners) {
    toy.add(client, { memory: localMemory(`${client} strategy`, store), ...(own ? { learner: own } : {}) });
  }
  await finished;
  await toy.settle();
  const { round, registry } = toy.coordinator.snapshot();
  /** Those for use: of each group its last. */
  const models = new Map<number, Buffer>();
  for (const { fl, payload } of toy.sent) {
    if (fl.kind === 'model' && fl.cohort.length === 0) models.set(fl.group ?? 0, payload);
  }
  const payloads = [
    ...[...models].sort(([a], [b]) => a - b).map(([, payload]) => payload),
    ...[...owned.values()].map((kept) => vectorPayload(kept?.after ?? new Float32Array(0))),
  ];
  const said = payloads.map((payload) => payload.toString('hex'));
  const out = registry.flatMap(({ client, quarantined }) => (quarantined ? [client] : []));
  process.stdout.write(`end ${round} ${said.join(' ')} ${out.join(' ')}\n`);
  await toy.close();
}

main().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
