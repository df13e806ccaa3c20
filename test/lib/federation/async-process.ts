/**
 * A federation without rounds in a process that is going to be killed. Says each version as it goes out, and the version that
 * it found on the disk.
 */
import { createStore } from '../../../lib/state';
import { toyFederation } from './toy';

async function main(): Promise<void> {
  const toy = await toyFederation({
    clients: ['a', 'b', 'c'],
    options: {
      rounds: 0,
      minClients: 3,
      quorum: 1,
      timing: { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 20, saveMs: 0 },
    },
    parts: {
      store: createStore(process.argv[2]),
      onRefused: (refused) => process.stdout.write(`refused ${refused.code}\n`),
    },
  });
  process.stdout.write(`found ${toy.coordinator.snapshot().round}\n`);
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const { fl } of toy.sent.splice(0)) if (fl.kind === 'model') process.stdout.write(`version ${fl.round}\n`);
  }
}

main().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
