// npm run test:board [-- --grep ...]: builds the firmware with two compilers and runs it in QEMU. Installs nothing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { needPackages } from './firmware/toolchains.mjs';
import { root } from './lib/ready.mjs';
import { runSuite } from './lib/run-mocha.mjs';

needPackages({ withEmulator: true });
const built = spawnSync(process.execPath, [join(root, 'scripts/build-firmware.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const passed = await runSuite('board', process.argv.slice(2));
process.exit(passed ? 0 : 1);
