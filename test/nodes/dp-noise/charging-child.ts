/** Charges one ledger for ever (from a leaf on: for rounds of a tree), and tells each charge that was granted. Ended by kill -9, by kill.test.ts. */
import type { PrivacyEvent } from '../../../lib/privacy/events';
import { createStore } from '../../../lib/state/store';
import { createAccounts } from '../../../nodes/dp-noise/accounts';

const [folder, name, first] = process.argv.slice(2);
const accounts = createAccounts(createStore(folder));
(async () => {
  for (let leaf = Number(first); ; leaf++) {
    const event: PrivacyEvent =
      first === undefined
        ? { noiseMultiplier: 1, samplingRate: 1 }
        : { mechanism: 'tree', client: 'a', noiseMultiplier: 1, levels: 20, begun: 1, leaf };
    const epsilon = await accounts.charge(name, event, { budget: Number.MAX_VALUE, delta: 1e-5, accountant: 'rdp' });
    process.stdout.write(`${epsilon}\n`);
  }
})().catch((thrown) => {
  process.stderr.write(`${thrown}\n`);
  process.exit(1);
});
