/**
 * A federation of unlike networks in a process that is going to be killed; the argument is a folder (none: without a store). Says
 * the round of each model as it goes out, and at the end what the federation and each network have come to.
 */
import { createHash } from 'node:crypto';
import { consensusModel, publicRows } from '../../../lib/distillation';
import { createStore } from '../../../lib/state';
import { digits, labels, networks, WIDTH } from './digits';
import { federate, type Member } from './federation';

const hash = (vector: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
    .digest('hex');

async function main(): Promise<void> {
  const folder = process.argv[2];
  const names = ['linear', 'narrow', 'convolution'];
  const set = digits({ clients: names.length, alpha: 0.5, seed: 8, publicCount: 60 });
  const rows = publicRows(set.publicRows, WIDTH);
  const members = [...set.clients].map(([client, own], i): [string, Member] => [
    client,
    { network: networks[names[i]], own, rows },
  ]);
  const { snapshot, kept } = await federate({
    consensus: consensusModel({ digest: rows.digest, rows: rows.count, labels }),
    members: Object.fromEntries(members),
    rounds: 20,
    federation: { strategy: { name: 'fedadam' } },
    store: folder ? createStore(folder) : undefined,
    onModel: (round) => process.stdout.write(`round ${round}\n`),
    onRefused: ({ code }) => process.stdout.write(`refused ${code}\n`),
  });
  const own = Object.entries(kept)
    .sort()
    .map(([client, { round, after }]) => `${client} ${round} ${after && hash(after)}`);
  process.stdout.write(`end ${hash(snapshot.weights)} ${own.join(' ')}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
