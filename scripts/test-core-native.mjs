// Tests of the core that need C++ compilers (g++ and clang++): `npm run test:core`. The same training runs give the same
// bits natively, whatever the compiler and its flags, as in core.wasm; every gradient agrees with central differences in
// float64; and core.wasm is what core/ compiles to.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkInt8 } from './lib/native-int8.mjs';
import { ensureReady, requireBuilt, root } from './lib/ready.mjs';

const directory = mkdtempSync(join(tmpdir(), 'core-native-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
let failed = 0;
let passed = 0;
const report = (good, what) => {
  if (good) passed++;
  else {
    failed++;
    console.log(`FAILED: ${what}`);
  }
};

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { maxBuffer: 1 << 28, ...options });
  if (result.error || result.status !== 0) {
    console.error(`${command} ${args.join(' ')}\n${result.error?.message ?? result.stderr}`);
    process.exit(1);
  }
  return result.stdout;
}

ensureReady();
const { cases } = requireBuilt('test/core/cases.js');
const { nativeCase } = requireBuilt('test/core/native-case.js');
const { kernelInput, kernelResults } = requireBuilt('test/core/kernel-results.js');
const { senseCases, senseExpected, senseInput } = requireBuilt('test/core/sense-cases.js');
const { createCoreEngine } = requireBuilt('lib/training/core/engine.js');

const common = ['-ffp-contract=off', '-fno-math-errno', '-Wall', '-Wextra', '-Werror'];
const builds = [
  ['g++', '-std=gnu++14', '-O2'],
  ['g++', '-std=gnu++14', '-O3', '-march=native'],
  // As a machine without SIMD has it (core/lanes_scalar.h).
  ['g++', '-std=gnu++14', '-O2', '-DFL_SCALAR'],
  ['clang++-14', '-std=c++14', '-O2'],
  ['clang++-14', '-std=c++14', '-O3', '-march=native'],
];
const compile = ([compiler, ...flags], name, source = 'native.cpp') => {
  const program = join(directory, name);
  run(compiler, [...flags, ...common, join(root, 'test/core', source), '-o', program]);
  return program;
};

const file = join(directory, 'case');
const differences = compile(['g++', '-std=gnu++14', '-O2', '-DFL_DOUBLE'], 'double');
let worst = 0;
for (const one of cases()) {
  writeFileSync(file, nativeCase(one));
  const found = JSON.parse(run(differences, ['gradient', file]).toString());
  worst = Math.max(worst, found.worst, found.inputs);
  report(
    found.worst < 1e-6 && found.inputs < 1e-6 && found.moved > 0,
    `gradient of ${one.name}: ${JSON.stringify(found)}`,
  );
}
console.log(`largest relative error of a gradient against central differences in float64: ${worst.toExponential(1)}`);

const engine = createCoreEngine();
const programs = builds.map((build, i) => [build.join(' '), compile(build, `float-${i}`)]);
for (const one of cases()) {
  writeFileSync(file, nativeCase(one));
  const { weights } = await engine.train(one.job);
  const expected = Buffer.from(weights.buffer);
  for (const [name, program] of programs) {
    report(run(program, ['train', file]).equals(expected), `${one.name}: ${name} does not give the bits of core.wasm`);
  }
}
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g'];
const sanitized = compile(['g++', '-std=gnu++14', '-O1', ...sanitizers], 'sanitized');
const quiet = { env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } };
let taken = 0;
for (const one of cases()) {
  writeFileSync(file, nativeCase(one));
  run(sanitized, ['train', file], quiet);
  taken += Number(run(sanitized, ['fuzz', file], quiet));
}
report(taken > 1000, `only ${taken} mutated programs were taken`);
writeFileSync(file, new Uint8Array(kernelInput().buffer));
const results = kernelResults();
for (const [i, build] of [...builds, ['g++', '-std=gnu++14', '-O1', ...sanitizers]].entries()) {
  const program = compile(build, `kernels-${i}`, 'native-kernels.cpp');
  report(
    run(program, [file], quiet).equals(results),
    `kernels: ${build.join(' ')} does not give the bytes of core.wasm`,
  );
}

// Features of windows: near another computation in float64, and the same bits from every build.
const sensing = [...builds, ['g++', '-std=gnu++14', '-O1', ...sanitizers]].map((build, i) => [
  build.join(' '),
  compile(build, `sense-${i}`, 'native-sense.cpp'),
]);
for (const one of senseCases()) {
  writeFileSync(file, senseInput(one));
  const [first, ...others] = sensing.map(([name, program]) => [name, run(program, [file], quiet)]);
  const found = new Float32Array(Uint8Array.from(first[1]).buffer);
  const expected = senseExpected(one);
  const near = expected.every((value, i) => Math.abs(found[i] - value) <= 2e-6 * Math.max(1, Math.abs(value)));
  report(near && found.length === expected.length, `features, ${one.name}: not what float64 gives`);
  for (const [name, bytes] of others) report(bytes.equals(first[1]), `features, ${one.name}: other bits from ${name}`);
}
checkInt8({ builds, sanitizers, compile, run, quiet, report, directory });

// For a Cortex-M4F: no libc, no libm, only the compiler's own arithmetic.
const board = [
  '--target=thumbv7em-none-eabihf',
  '-mcpu=cortex-m4',
  '-mfpu=fpv4-sp-d16',
  '-mfloat-abi=hard',
  '-ffreestanding',
];
const boardFlags = ['-std=gnu++14', '-O2', '-fno-exceptions', '-fno-rtti', ...board, ...common];
const assembly = run('clang-14', [...boardFlags, '-S', '-o', '-', join(root, 'test/core/board.cpp')]).toString();
const called = [...assembly.matchAll(/^\s+bl?\s+([a-z_]\w*)/gim)].map((match) => match[1]);
const foreign = called.filter((name) => !/^(__aeabi_(?!mem)|_ZN?2fl|_ZNK?2fl|_ZL|board_)/.test(name));
report(foreign.length === 0, `the board would need ${[...new Set(foreign)].join(', ')}`);
console.log(`${taken} mutated programs ran under the address and undefined-behaviour sanitizers`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
