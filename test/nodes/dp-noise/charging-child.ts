/** Charges one ledger for ever, and tells each charge that was granted. Ended by kill -9, by kill.test.ts. */
import { createStore } from '../../../lib/state/store';
import { createAccounts } from '../../../nodes/dp-noise/accounts';

const [folder, name] = process.argv.slice(2);
const accounts = createAccounts(createStore(folder));
const event = { noiseMultiplier: 1, samplingRate: 1 };
(async () => {
  for (;;) {
    const epsilon = await accounts.charge(name, event, { budget: Number.MAX_VALUE, delta: 1e-5, accountant: 'rdp' });
    process.stdout.write(`${epsilon}\n`);
  }
})().catch((thrown) => {
  process.stderr.write(`${thrown}\n`);
  process.exit(1);
});
