// npm run test:browser: Chromium on both Node-RED versions; screenshots go to screenshots/.
import { runSuite } from './lib/run-mocha.mjs';

process.exitCode = (await runSuite('browser', process.argv.slice(2))) ? 0 : 1;
