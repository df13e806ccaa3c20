// Rubbish at the board: a million mutated frames under the sanitizers, then libFuzzer for FUZZ_SECONDS (60). Needs Debian's g++,
// clang-14 and libclang-rt-14-dev.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/ready.mjs';

const seconds = Number(process.env.FUZZ_SECONDS ?? 60);
const frames = Number(process.env.FUZZ_FRAMES ?? 1_000_000);
const directory = join(root, 'build/fuzz');
rmSync(directory, { recursive: true, force: true });
mkdirSync(join(directory, 'corpus'), { recursive: true });
const flags = ['-std=gnu++14', '-O1', '-g', '-ffp-contract=off', '-fno-math-errno', '-Wall', '-Wextra', '-Werror'];
const board = ['-DFL_MAX_LAYERS=16'];
const source = (name) => join(root, 'test/core', name);
const environment = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };
let passed = 0;
let failed = 0;

function run(command, args, packages) {
  const result = spawnSync(command, args, { env: environment, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (result.error) {
    console.error(`${command} could not be run (${result.error.message}): apt-get install ${packages}`);
    process.exit(1);
  }
  return result;
}

function report(good, what, result) {
  if (good) passed++;
  else {
    failed++;
    console.error(`FAILED: ${what}\n${result.stdout.slice(-2000)}${result.stderr.slice(-6000)}`);
  }
}

/** Undefined when it does not compile. */
function compile(compiler, sanitizers, name, packages) {
  const program = join(directory, name);
  const args = [...flags, ...board, `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all', source(`${name}.cpp`)];
  const result = run(compiler, [...args, '-o', program], packages);
  report(result.status === 0, `${name} compiles`, result);
  return result.status === 0 ? program : undefined;
}

const mutations = compile('g++', 'address,undefined', 'board-mutations', 'g++');
if (mutations) {
  const result = run(mutations, [String(frames), '1', join(root, 'test/fixtures/int8/dense.tflite')]);
  const figures = result.status === 0 ? JSON.parse(result.stdout) : {};
  // That the board worked all the while: else nothing would have been tried.
  const share = figures.frames / 1000;
  report(result.status === 0, `${frames} mutated frames`, result);
  report(
    figures.refused > 10 * share &&
      figures.trained > share &&
      figures.embedded > share / 10 &&
      figures.vectors > share / 10 &&
      figures.gradients > share / 20 &&
      figures.committed > share / 10,
    'it worked',
    result,
  );
  console.log(`mutated frames under the sanitizers: ${result.stdout.trim()}`);
}

const fuzzer = compile('clang++-14', 'fuzzer,address,undefined', 'board-fuzzer', 'clang-14 libclang-rt-14-dev');
if (fuzzer) {
  // A few messages to begin with: STATUS, LOAD of a small network, BEGIN, ROWS.
  const piece = (what, bytes) => Buffer.concat([Buffer.from([what, bytes.length & 255, bytes.length >> 8]), bytes]);
  const program = [1, 0, 0, 4, 2, 1, 1, 1, 6, 1, 0, 5, 3, 1, 1, 1, 1, 0, 1, 1, 0, 0];
  const load = Buffer.alloc(2 + 8 + 1 + 4 + 2 + 4 * program.length);
  load.set([0x02, 1]);
  load.writeUInt32LE(20, 11);
  load.writeUInt16LE(1, 15);
  for (const [i, word] of program.entries()) load.writeInt32LE(word, 17 + 4 * i);
  const rows = Buffer.alloc(2 + 6 + 28);
  rows.set([0x20, 3]);
  const seeds = [
    [piece(1, Buffer.from([1, 1]))],
    [piece(1, load), piece(1, rows), piece(1, Buffer.from([0x41, 4]))],
    [
      piece(0, Buffer.from('AT+GCAP\r\n')),
      piece(2, Buffer.from('FLB1\x01\x01\xf0\x03\x20\x00', 'latin1')),
      piece(3, Buffer.alloc(0)),
    ],
  ];
  for (const [i, parts] of seeds.entries()) writeFileSync(join(directory, 'corpus', `seed-${i}`), Buffer.concat(parts));
  const result = run(fuzzer, [
    `-max_total_time=${seconds}`,
    '-max_len=4096',
    '-timeout=10',
    '-print_final_stats=1',
    `-artifact_prefix=${directory}/`,
    join(directory, 'corpus'),
  ]);
  report(result.status === 0, `libFuzzer for ${seconds} s`, result);
  const runs = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(result.stderr)?.[1] ?? 0);
  report(runs > 100, 'libFuzzer ran', result);
  console.log(`libFuzzer: ${runs} inputs in ${seconds} s`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
