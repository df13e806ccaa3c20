// Runs one suite of compiled tests with the running Node; the last line it prints is `N passed, N failed`.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { runMocha } from './mocha-process.mjs';
import { ensureReady, root } from './ready.mjs';

const isLong = (file) => file.endsWith('.long.test.js');
const isIn = (folder, file) => file.startsWith(`${folder}/`);

/** Folders of suites that need more than npm. */
const apart = ['browser', 'package', 'broker', 'board'];

/** What each suite is made of. Every test file belongs to exactly one; tfjs-node runs a few of them again with the native engine. */
const suites = {
  default: (file) => !isLong(file) && !apart.some((folder) => isIn(folder, file)),
  process: (file) => isLong(file),
  package: (file) => isIn('package', file),
  broker: (file) => isIn('broker', file),
  board: (file) => isIn('board', file),
  browser: (file) => isIn('browser', file),
  'tfjs-node': (file) => isIn('lib/training/tfjs', file),
};

/** Two folders deep: the tests of a node, or of a part of the library. */
const folderOf = (file) => dirname(file).split(sep).slice(0, 2).join(sep);

/** What runs side by side, and which files stay together in one mocha; the other suites run whole, one test after the other. */
const together = { default: folderOf, browser: (file) => file, process: (file) => file };

/** Most tests wait more than they compute; more than this many at once and they wait for each other. */
const MOST_AT_ONCE = 4;

function testFiles(suite) {
  const tests = join(root, 'dist', 'test');
  return readdirSync(tests, { recursive: true }).filter((file) => file.endsWith('.test.js') && suites[suite](file));
}

/** Lists of files, those of the nodes first: they wait longest. */
function groupsOf(suite, files) {
  const keyOf = together[suite];
  if (!keyOf) return [files.sort()];
  const groups = new Map();
  for (const file of files.sort()) groups.set(keyOf(file), [...(groups.get(keyOf(file)) ?? []), file]);
  const isLater = ([name]) => Number(!isIn('nodes', name));
  return [...groups].sort((a, b) => isLater(a) - isLater(b)).map(([, group]) => group);
}

/** Further arguments go to mocha (for example `--grep`), which then runs alone, and is seen at work. */
export async function runSuite(suite, mochaArguments = []) {
  ensureReady();
  const files = testFiles(suite);
  const groups = mochaArguments.length > 0 ? [files.sort()] : groupsOf(suite, files);
  const pathOf = (file) => relative(root, join(root, 'dist', 'test', file));
  const results = [];
  const next = groups.values();
  const work = async () => {
    for (const group of next) {
      const alone = groups.length === 1;
      const result = await runMocha(
        mochaArguments,
        group.map(pathOf),
        alone ? (text) => process.stdout.write(text) : undefined,
      );
      if (!alone) console.log(`${together[suite](group[0])}${result.output.trimEnd()}\n`);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, availableParallelism()) }, work));

  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const passed = sum('passed');
  let failed = sum('failed');
  // Told again where it is looked for.
  if (groups.length > 1) for (const one of results) if (one.failed > 0) console.log(one.output.trimEnd());
  if (failed === 0 && passed === 0) {
    failed = 1;
    console.log('No test was run.');
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
