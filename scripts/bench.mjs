// npm run bench: builds when needed, then runs dist/bench/run.js. `-- --json` prints the rows as one array.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const run = spawnSync(process.execPath, [join(root, 'dist/bench/run.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
