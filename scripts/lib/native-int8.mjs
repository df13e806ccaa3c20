// The part of npm run test:core that is about core/int8: every compiler gives the bytes of the reference kernels for the
// files of test/fixtures/int8, and mutated files run under the sanitizers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireBuilt, root } from './ready.mjs';

const ROUNDS = 20_000;
const SOURCE = 'int8/native.cpp';

/** `compile` and `run` are those of the caller; returns how many mutated files were taken and run. */
export function checkInt8({ builds, sanitizers, compile, run, quiet, report, directory }) {
  const { names, inputOf, outputOf, hasFloatEdges } = requireBuilt('test/core/int8/fixtures.js');
  const fileOf = (name) => join(root, 'test/fixtures/int8', `${name}.tflite`);
  const rows = join(directory, 'rows');
  const sanitized = ['g++', '-std=gnu++14', '-O1', ...sanitizers];
  const programs = [...builds, sanitized].map((build, i) => [build.join(' '), compile(build, `int8-${i}`, SOURCE)]);
  for (const name of names.filter((one) => !hasFloatEdges(one))) {
    writeFileSync(rows, inputOf(name));
    for (const [build, program] of programs) {
      const found = run(program, ['run', fileOf(name), rows], quiet);
      report(found.equals(Buffer.from(outputOf(name))), `int8 ${name}: ${build} does not give the reference's bytes`);
    }
  }
  let taken = 0;
  const [, fuzzed] = programs[programs.length - 1];
  for (const [i, name] of names.entries()) {
    taken += Number(run(fuzzed, ['fuzz', fileOf(name), ROUNDS, i + 1].map(String), quiet));
  }
  report(taken > names.length * 1000, `only ${taken} mutated .tflite files were taken`);
  console.log(
    `${names.length * ROUNDS} mutated .tflite files under the sanitizers, ${taken} of them were taken and run`,
  );
}
