/**
 * A whole federation in a process that is going to be killed. Says the round of each model as it goes out, and at the end
 * the final weights. With a third argument each client keeps a personal model (Ditto), told at the end too.
 */
import { type Learner, personalLearner, personalOptions, type StrategyOptions } from '../../../lib/federation';
import { localMemory } from '../../../lib/federation/local/memory';
import { decodePersonal, encodePersonal, type PersonalState } from '../../../lib/federation/personal/state';
import { createStore, type Store } from '../../../lib/state';
import { toyFederation, toyLearner, toyModel } from './toy';

const ROUNDS = 100;

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

async function main(): Promise<void> {
  const [folder, name, personal] = process.argv.slice(2);
  const store = folder ? createStore(folder) : undefined;
  const strategy = { name } as StrategyOptions;
  const learners = new Map<string, Learner | undefined>();
  for (const client of ['a', 'b', 'c', 'd']) {
    learners.set(client, personal ? await withPersonal(client, store) : undefined);
  }
  let end: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    end = resolve;
  });
  const toy = await toyFederation({
    options: { rounds: ROUNDS, minClients: 4, quorum: 2, sampler: { name: 'random', count: 3 }, strategy },
    parts: {
      store,
      onRefused: (refused) => process.stdout.write(`refused ${refused.code}\n`),
      onStatus({ phase, round }) {
        if (phase === 'collecting') process.stdout.write(`round ${round}\n`);
        if (phase === 'finished') end();
      },
    },
  });
  // What they keep for the strategy lies in the same folder.
  // All at once: the coordinator has called already.
  for (const [client, own] of learners) {
    toy.add(client, { memory: localMemory(`${client} strategy`, store), ...(own ? { learner: own } : {}) });
  }
  await finished;
  const { weights, round } = toy.coordinator.snapshot();
  const vectors = [weights, ...[...owned.values()].map((kept) => kept?.after ?? new Float32Array(0))];
  const said = vectors.map((vector) => Buffer.from(vector.slice().buffer).toString('hex'));
  process.stdout.write(`end ${round} ${said.join(' ')}\n`);
  await toy.close();
}

main().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
