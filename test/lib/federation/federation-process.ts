/**
 * A whole federation in a process that is going to be killed. Says the round of each model as it goes out, and at the end
 * the final weights.
 */
import type { StrategyOptions } from '../../../lib/federation';
import { localMemory } from '../../../lib/federation/local/memory';
import { createStore } from '../../../lib/state';
import { toyFederation } from './toy';

const ROUNDS = 100;

async function main(): Promise<void> {
  const [folder, name] = process.argv.slice(2);
  const store = folder ? createStore(folder) : undefined;
  const strategy = { name } as StrategyOptions;
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
  for (const client of ['a', 'b', 'c', 'd']) toy.add(client, { memory: localMemory(`${client} strategy`, store) });
  await finished;
  const { weights, round } = toy.coordinator.snapshot();
  process.stdout.write(`end ${round} ${Buffer.from(weights.buffer).toString('hex')}\n`);
  await toy.close();
}

main().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
