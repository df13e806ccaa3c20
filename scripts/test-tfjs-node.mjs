// Runs the tests of the tfjs engine with the real @tensorflow/tfjs-node (npm run test:tfjs-node; Linux, x64 or arm64).
// Its install script downloads a prebuilt libtensorflow. Where that host is out of reach, the library and its headers
// come from the tensorflow-cpu wheel instead, and the addon is compiled from the sources in the npm package.
// Needs: python3 with venv, g++, and the headers of the running Node. Everything stays under build/tfjs-node/.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ensureInstalled, npmCommand, root } from './lib/ready.mjs';
import { runSuite } from './lib/run-mocha.mjs';

const home = join(root, 'build/tfjs-node');
const addonHome = join(home, 'node_modules/@tensorflow/tfjs-node');
const addon = join(addonHome, 'lib/napi-v8/tfjs_binding.node');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error || status !== 0) {
    console.error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}`);
    process.exit(1);
  }
}

function nodeHeaders() {
  const places = [join(dirname(process.execPath), '../include/node'), '/usr/include/node'];
  const found = places.find((place) => existsSync(join(place, 'node_api.h')));
  if (found) return found;
  console.error(`No node_api.h in ${places.join(' or ')}: install the headers of Node (Debian: libnode-dev).`);
  process.exit(1);
}

function installSources() {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"private":true}\n');
  const { version } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json');
  const [command, first] = npmCommand();
  run(command, [...first, 'install', '--ignore-scripts', '--no-save', `@tensorflow/tfjs-node@${version}`], {
    cwd: home,
  });
}

/** libtensorflow and its headers, out of the wheel. */
function unpackLibrary() {
  const venv = join(home, 'venv');
  const python = join(venv, 'bin/python');
  if (!existsSync(python)) run('python3', ['-m', 'venv', venv]);
  run(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', join(home, 'wheel'), 'tensorflow-cpu']);
  const wheel = readdirSync(join(home, 'wheel')).find((name) => name.endsWith('.whl'));
  const unpack = [
    'import sys, zipfile',
    'wheel = zipfile.ZipFile(sys.argv[1])',
    'wanted = ("tensorflow/libtensorflow_", "tensorflow/include/tensorflow/", "tensorflow/include/tsl/", "tensorflow/include/xla/")',
    'wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])',
  ].join('\n');
  run(python, ['-c', unpack, join(home, 'wheel', wheel), home]);
}

function compileAddon() {
  const library = join(home, 'tensorflow');
  mkdirSync(dirname(addon), { recursive: true });
  run('g++', [
    ...['-std=c++17', '-O2', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    ...[`-I${nodeHeaders()}`, `-I${join(library, 'include')}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(addonHome, 'binding', source)),
    ...[`-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${library}`],
    ...['-o', addon],
  ]);
}

if (!existsSync(addon)) {
  ensureInstalled();
  installSources();
  unpackLibrary();
  compileAddon();
}
process.env.NODE_PATH = join(home, 'node_modules');
process.env.FL_EXPECT_TFJS = 'tfjs-node';
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
process.exitCode = (await runSuite('tfjs-node')) ? 0 : 1;
