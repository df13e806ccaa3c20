// npm run bench: builds when needed, then runs dist/bench/run.js in this process. `-- --json` prints the rows as one array.
import { ensureReady, requireBuilt } from './lib/ready.mjs';

ensureReady();
requireBuilt('bench/run.js');
