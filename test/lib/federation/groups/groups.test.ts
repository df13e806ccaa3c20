/** Clients of two kinds, whose losses are quadratics: which group each belongs to, and where its model comes to rest, is known. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FederationOptions, GlobalModel, Learner } from '../../../../lib/federation';
import { parted } from '../../../../lib/federation/groups/parted';
import { localMemory } from '../../../../lib/federation/local/memory';
import { defaultOptions } from '../../../../lib/federation/options';
import { createStrategy } from '../../../../lib/federation/strategies';
import { ON_THE_WAY } from '../../../../lib/federation/strategies/clustered';
import { createStore, type StateRecord, type Store } from '../../../../lib/state';
import type { FederationHeader, Message, ModelHeader } from '../../../../lib/update/message';
import { readVector, vectorPayload } from '../../../../lib/update/vector';
import { type Quadratic, quadraticLearner, runQuadratics } from '../quadratic';
import { toyFederation } from '../toy';

const training: FederationOptions['training'] = {
  epochs: 5,
  batchSize: 100,
  optimizer: 'sgd',
  learningRate: 0.1,
  seed: 3,
};
/** Even numbers are of the one kind, odd ones of the other. */
const clients: Quadratic[] = [
  { a: [1, 1, 1], b: [3, -2, 1.1], samples: 10 },
  { a: [1, 1, 1], b: [-3, 2, 0.8], samples: 30 },
  { a: [1, 1, 1], b: [3.2, -2.1, 1], samples: 20 },
  { a: [1, 1, 1], b: [-2.9, 2.1, 1], samples: 20 },
  { a: [1, 1, 1], b: [2.9, -1.9, 0.9], samples: 40 },
  { a: [1, 1, 1], b: [-3.1, 1.8, 1.2], samples: 10 },
];
const kindOf = (client: string): number => Number(client.slice(-1)) % 2;

/** With equal curvatures everybody goes the same part of the way, so a group rests at the mean of its minima, by samples. */
const restOf = (kind: number): number[] => {
  const members = clients.filter((_, i) => i % 2 === kind);
  const total = members.reduce((sum, { samples }) => sum + samples, 0);
  return [0, 1, 2].map((j) => members.reduce((sum, { b, samples }) => sum + (samples / total) * b[j], 0));
};

const isForUse = (message: Message<FederationHeader>): message is Message<ModelHeader> =>
  message.fl.kind === 'model' && message.fl.cohort.length === 0;

/** The models that went out last. */
function lastModels(sent: readonly Message<FederationHeader>[]): number[][] {
  const models: number[][] = [];
  for (const message of sent.filter(isForUse)) {
    for (const part of parted(message)) models[part.group] = [...readVector(part.message.payload, 3)];
  }
  return models;
}

const near = (found: readonly number[], expected: readonly number[]): void => {
  const away = Math.hypot(...expected.map((value, j) => found[j] - value));
  assert.ok(away < 1e-4, `${found} where ${expected} belongs`);
};

for (const strategy of [{ name: 'ifca', groups: 2 }, { name: 'clustered' }] as const) {
  describe(`${strategy.name} on two kinds of clients`, () => {
    it('finds who is alike, and rests where each group has its least loss', async () => {
      const { sent, metrics } = await runQuadratics(clients, { rounds: 60, training, strategy });
      const groups = metrics.at(-1)?.groups ?? [];
      assert.equal(groups.length, 2);
      const models = lastModels(sent);
      for (const [group, { clients: members }] of groups.entries()) {
        assert.equal(members.length, 3);
        const kind = kindOf(members[0]);
        assert.ok(
          members.every((client) => kindOf(client) === kind),
          members.join(),
        );
        near(models[group], restOf(kind));
      }
    });

    it('lets each client hear of the model of its own group and of no other, and nobody complains', async () => {
      const heard = new Map<string, GlobalModel[]>();
      const toy = await toyFederation({
        options: {
          minClients: 6,
          quorum: 1,
          rounds: 60,
          training,
          strategy,
          sampler: { name: 'round-robin', count: 4 },
        },
      });
      clients.forEach((client, i) => {
        const name = `client-${i}`;
        const models: GlobalModel[] = [];
        heard.set(name, models);
        const learner = { ...quadraticLearner(client), hear: (model: GlobalModel) => models.push(model) };
        toy.add(name, { learner }).samplesChanged();
      });
      await toy.settle();
      const groups = toy.metrics.at(-1)?.groups ?? [];
      await toy.close();
      assert.deepEqual(toy.refused, []);
      assert.equal(groups.length, 2);
      for (const [name, models] of heard) {
        const late = models.filter(({ round }) => round > 40);
        // Two of six are not asked in each round; and all hear of the last model.
        assert.ok(late.length > 3, `${name}: ${late.length}`);
        assert.equal(late.at(-1)?.round, 61);
        for (const { weights } of late) {
          const away = Math.hypot(...restOf(kindOf(name)).map((value, j) => weights[j] - value));
          assert.ok(away < 0.5, `${name} heard ${weights}`);
        }
      }
    });

    it('lets each client hear of the last model of its group after a restart, though nobody is asked any more', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'fl-groups-'));
      const records = new Map<string, StateRecord>();
      const atClients: Pick<Store, 'read' | 'write'> = {
        read: async (name) => records.get(name),
        write: async (name, record) => void records.set(name, record),
      };
      const run = async (kept: boolean) => {
        const heard = new Map<string, GlobalModel>();
        const toy = await toyFederation({
          options: { minClients: 6, quorum: 1, rounds: 20, training, strategy },
          parts: { store: createStore(folder) },
        });
        clients.forEach((client, i) => {
          const name = `client-${i}`;
          const learner = { ...quadraticLearner(client), hear: (model: GlobalModel) => void heard.set(name, model) };
          toy.add(name, { learner, memory: localMemory(name, kept ? atClients : undefined) }).samplesChanged();
        });
        await toy.settle();
        await toy.close();
        assert.deepEqual(toy.refused, []);
        return { heard, asked: toy.sent.filter(({ fl }) => fl.kind === 'update').length };
      };
      try {
        const [first, second, without] = [await run(true), await run(true), await run(false)];
        assert.deepEqual([first.asked, second.asked, first.heard.size], [120, 0, 6]);
        assert.deepEqual([...second.heard].sort(), [...first.heard].sort());
        assert.equal(without.heard.size, 0);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it('gives the same bits again', async () => {
      const run = async () => lastModels((await runQuadratics(clients, { rounds: 12, training, strategy })).sent);
      assert.deepEqual(await run(), await run());
    });
  });
}

describe('clustered', () => {
  const strategy = { name: 'clustered' } as const;

  it('places clients that come later by their own updates', async () => {
    const toy = await toyFederation({
      options: { minClients: 6, quorum: 1, rounds: 40, autoStart: false, training, strategy },
    });
    const arrive = (i: number): void =>
      toy.add(`client-${i}`, { learner: quadraticLearner(clients[i % 6]) }).samplesChanged();
    const step = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        toy.coordinator.command('step');
        await toy.settle();
      }
    };
    for (let i = 0; i < 6; i++) arrive(i);
    await toy.settle();
    await step(12);
    assert.equal(toy.metrics.at(-1)?.groups?.length, 2);
    arrive(6);
    arrive(7);
    await toy.settle();
    await step(1);
    // On their way: in no mean.
    assert.equal(toy.metrics.at(-1)?.groups?.flatMap(({ clients: members }) => members).length, 6);
    await step(1);
    const groups = toy.metrics.at(-1)?.groups ?? [];
    assert.deepEqual(
      groups.map(({ clients: members }) => members.length),
      [4, 4],
    );
    for (const { clients: members } of groups) assert.equal(new Set(members.map(kindOf)).size, 1);
    await toy.close();
  });

  it('is not kept together for ever by one long update in the first round', async () => {
    const toy = await toyFederation({ options: { minClients: 6, quorum: 1, rounds: 60, training, strategy } });
    clients.forEach((client, i) => {
      const learner = quadraticLearner(client);
      const shove: Learner = {
        ...learner,
        learn: async (task, control) => {
          const local = await learner.learn(task, control);
          return task.round === 1 ? { ...local, payload: vectorPayload(Float32Array.of(1e4, 0, 0)) } : local;
        },
      };
      toy.add(`client-${i}`, { learner: i === 5 ? shove : learner }).samplesChanged();
    });
    await toy.settle();
    await toy.close();
    assert.deepEqual(toy.refused, []);
    const groups = toy.metrics.at(-1)?.groups ?? [];
    assert.equal(groups.length, 2);
    for (const { clients: members } of groups) assert.equal(new Set(members.map(kindOf)).size, 1);
  });

  it('goes on after a restart as if there had been none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-groups-'));
    const run = async (store: Store | undefined, rounds: number): Promise<number[][]> => {
      const toy = await toyFederation({
        options: { minClients: 6, quorum: 1, rounds, training, strategy },
        ...(store ? { parts: { store } } : {}),
      });
      clients.forEach((client, i) => {
        toy.add(`client-${i}`, { learner: quadraticLearner(client) }).samplesChanged();
      });
      await toy.settle();
      await toy.close();
      return lastModels(toy.sent);
    };
    try {
      await run(createStore(folder), 9);
      assert.deepEqual(await run(createStore(folder), 20), await run(undefined, 20));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is FedAvg while there is one group', async () => {
    const alike = clients.filter((_, i) => i % 2 === 0);
    const [one, other] = await Promise.all(
      [strategy, { name: 'fedavg' } as const].map((each) =>
        runQuadratics(alike, { rounds: 10, training, strategy: each }),
      ),
    );
    assert.equal(one.metrics.at(-1)?.groups?.length, 1);
    for (const [j, weight] of one.weights.entries()) assert.ok(Math.abs(weight - other.weights[j]) < 1e-5);
  });

  it('leaves out of all means who is on the way', () => {
    const { groups, start } = createStrategy(strategy, defaultOptions.training);
    assert.ok(groups);
    const state = start(3);
    const cutState = {
      numbers: { nodes: 3, 'inner/0': 1, 'group/1': 0, 'group/2': 1, 'member/known': 2, first: 1 },
      vectors: { ...state.vectors, 'model/0': Float32Array.of(1, 1, 1), 'model/2': Float32Array.of(2, 2, 2) },
    };
    const facts = { samples: 1, norm: 1, staleness: 0, metrics: {} };
    assert.equal(groups.of({ ...facts, client: 'known' }, cutState), 1);
    assert.equal(groups.of({ ...facts, client: 'new' }, cutState), ON_THE_WAY);
    const audiences = groups.audiences(cutState, Float32Array.of(9, 9, 9), ['known', 'new']);
    assert.deepEqual(
      audiences.map(({ cohort, group, vectors }) => [cohort, group, [...vectors[0]]]),
      [
        [['new'], ON_THE_WAY, [1, 1, 1]],
        [['known'], 1, [2, 2, 2]],
      ],
    );
  });
});
