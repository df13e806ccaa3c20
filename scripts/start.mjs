// npm start: Node-RED on a free loopback port with the factory example deployed and learning. Ctrl-C ends it.
// Its user directory is .userdir/ of this repository: nothing of the user's own Node-RED is touched.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureReady, requireBuilt, root } from './lib/ready.mjs';

const example = join(root, 'examples/flows/01 - Factory - which engine fails next.json');
const home = join(root, '.userdir');

ensureReady();
const { launchNodeRed, makeUserDir, runsHere } = requireBuilt('scripts/lib/node-red-process.js');

/** The repository's own user directory, or a temporary one when another `npm start` is at work in it. */
function claimUserDir() {
  const pidFile = join(home, 'start.pid');
  mkdirSync(home, { recursive: true });
  if (existsSync(pidFile) && isAlive(Number(readFileSync(pidFile, 'utf8')))) {
    const temporary = makeUserDir();
    return { userDir: temporary, release: () => rmSync(temporary, { recursive: true, force: true }) };
  }
  writeFileSync(pidFile, String(process.pid));
  return { userDir: home, release: () => rmSync(pidFile, { force: true }) };
}

function isAlive(pid) {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Every start learns from the beginning; a drawing that was changed last time is kept beside. */
function freshFactory(userDir) {
  const flowsFile = join(userDir, 'flows.json');
  const factory = JSON.parse(readFileSync(example, 'utf8'));
  if (existsSync(flowsFile) && readFileSync(flowsFile, 'utf8') !== JSON.stringify(factory, null, 2)) {
    const kept = join(userDir, `flows-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
    renameSync(flowsFile, kept);
    console.log(`Your last drawing is kept as ${kept}`);
  }
  rmSync(join(userDir, 'settings.js'), { force: true });
  rmSync(join(userDir, 'flows_cred.json'), { force: true });
  rmSync(join(userDir, 'fl-tinyml'), { recursive: true, force: true });
  return factory;
}

const { userDir, release } = claimUserDir();
process.once('exit', release);
let nodeRed;
let ending = false;
async function end() {
  if (ending) process.exit(1);
  ending = true;
  await nodeRed?.stop();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);

nodeRed = await launchNodeRed({ version: runsHere(5) ? 5 : 4, userDir, flows: freshFactory(userDir) });
if (ending) await nodeRed.stop();
console.log(`
  Node-RED ${nodeRed.version} with the factory example: ${nodeRed.url}
  Ten plants learn together now; open the address and watch. Ctrl-C ends it.
`);
const code = await nodeRed.exited;
if (!ending) {
  console.error(nodeRed.log().slice(-20).join('\n'));
  console.error(`Node-RED ended by itself (code ${code}).`);
  process.exit(1);
}
