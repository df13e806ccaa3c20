// npm test: everything that needs no browser, broker or compiler. `npm run test:process` and the like name another suite.
import { runSuite } from './lib/run-mocha.mjs';

const [suite = 'default', ...mochaArguments] = /^(default|process|package|broker|browser)$/.test(process.argv[2] ?? '')
  ? process.argv.slice(2)
  : ['default', ...process.argv.slice(2)];
process.exitCode = (await runSuite(suite, mochaArguments)) ? 0 : 1;
