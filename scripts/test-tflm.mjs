// npm run test:tflm: the adapter for TensorFlow Lite Micro with the library itself, in QEMU. cargo fetches the crate tfmicro,
// which carries the library's C++ sources of 2020; they are compiled for a Cortex-M4F under build/tflm/.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cortexFlags, linkFlags, needPackages, run } from './firmware/toolchains.mjs';
import { ensureReady, requireBuilt, root } from './lib/ready.mjs';

const home = join(root, 'build/tflm');
const crate = { name: 'tfmicro', version: '0.1.0' };
const headers = '/usr/include/newlib';

needPackages({ withEmulator: true });
const missing = [
  ['libstdc++-arm-none-eabi-dev', () => existsSync(join(headers, 'c++'))],
  ['libnewlib-dev', () => existsSync(join(headers, 'math.h'))],
  ['cargo', () => !spawnSync('cargo', ['--version'], { stdio: 'ignore' }).error],
].filter(([, isThere]) => !isThere());
if (missing.length > 0) {
  console.error(
    `Debian packages are missing: apt-get install --no-install-recommends ${missing.map(([name]) => name).join(' ')}`,
  );
  process.exit(1);
}
ensureReady();

/** Where cargo has put the crate. */
function fetchCrate() {
  mkdirSync(join(home, 'src'), { recursive: true });
  writeFileSync(join(home, 'src/lib.rs'), '');
  writeFileSync(
    join(home, 'Cargo.toml'),
    `[package]\nname = "tflm"\nversion = "0.0.0"\nedition = "2018"\n\n[dependencies]\n${crate.name} = "=${crate.version}"\n\n[workspace]\n`,
  );
  const told = JSON.parse(run('cargo', ['metadata', '--format-version', '1'], { cwd: home }));
  const found = told.packages.find(({ name, version }) => name === crate.name && version === crate.version);
  return join(dirname(found.manifest_path), 'submodules/tensorflow');
}

const kernels =
  'activations conv depthwise_conv dequantize fully_connected logistic pooling quantize reshape softmax tanh'.split(
    ' ',
  );

function sourcesOf(tensorflow) {
  const lite = join(tensorflow, 'tensorflow/lite');
  const all = (folder) =>
    readdirSync(join(lite, folder))
      .filter((file) => file.endsWith('.cc') && !/test|debug_log|debug_tools|micro_time/.test(file))
      .map((file) => join(lite, folder, file));
  return [
    ...all('micro'),
    ...all('micro/memory_planner'),
    ...all('core/api'),
    ...kernels.map((name) => join(lite, 'micro/kernels', `${name}.cc`)),
    join(lite, 'kernels/internal/quantization_util.cc'),
    join(lite, 'kernels/kernel_util.cc'),
    join(lite, 'c/common.c'),
  ];
}

/** Runs the commands, as many at a time as there are processors. */
async function runAll(commands) {
  const waiting = [...commands];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [command, args] = next;
      const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      const code = await new Promise((resolve) => child.once('close', resolve));
      if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

async function compile(tensorflow) {
  const downloads = join(tensorflow, 'tensorflow/lite/micro/tools/make/downloads');
  const [version] = readdirSync(join(headers, 'c++'));
  const system = [join(headers, 'c++', version), join(headers, 'c++', version, 'arm-none-eabi'), headers];
  const theirs = [
    ...system.flatMap((path) => ['-isystem', path]),
    ...[
      tensorflow,
      downloads,
      join(downloads, 'gemmlowp'),
      join(downloads, 'flatbuffers/include'),
      join(downloads, 'ruy'),
    ].flatMap((path) => ['-isystem', path]),
    '-DTF_LITE_STATIC_MEMORY',
    '-DGEMMLOWP_ALLOW_SLOW_SCALAR_FALLBACK',
  ];
  const common = [...cortexFlags, '-O2', '-ffp-contract=off', '-fno-exceptions', '-fno-threadsafe-statics'];
  const sections = ['-ffunction-sections', '-fdata-sections'];
  const plain = (file) => join(root, file);
  const ours = [
    ['test/board/tflm-2020/compare.cpp', theirs],
    ['test/board/tflm-2020/runtime.cpp', ['-fno-builtin', '-Wno-builtin-declaration-mismatch']],
    ['firmware/qemu/startup.cpp', ['-ffreestanding']],
    ['firmware/qemu/memory.cpp', ['-ffreestanding', '-fno-tree-loop-distribute-patterns']],
  ].map(([file, flags]) => [plain(file), [...flags, '-std=gnu++14', '-fno-rtti', '-Wall', '-Wextra', '-Werror']]);
  const fetched = sourcesOf(tensorflow).map((file) => [
    file,
    [...theirs, '-w', ...(file.endsWith('.c') ? [] : ['-std=gnu++14', '-fno-rtti', '-fpermissive'])],
  ]);
  const objects = [];
  const commands = [];
  mkdirSync(join(home, 'objects'), { recursive: true });
  for (const [file, flags] of [...ours, ...fetched]) {
    const object = join(home, 'objects', `${basename(file)}.o`);
    objects.push(object);
    const isOurs = file.startsWith(join(root, 'test')) || file.startsWith(join(root, 'firmware'));
    if (!isOurs && existsSync(object)) continue;
    const compiler = file.endsWith('.c') ? 'arm-none-eabi-gcc' : 'arm-none-eabi-g++';
    commands.push([compiler, [...common, ...sections, ...flags, '-c', file, '-o', object]]);
  }
  await runAll(commands);
  const elf = join(home, 'compare.elf');
  run('arm-none-eabi-g++', [...cortexFlags, ...linkFlags, ...objects, '-lgcc', '-o', elf]);
  return elf;
}

const elf = await compile(fetchCrate());
const { writeNetworks, compareOutputs } = requireBuilt('test/board/tflm-networks.js');
const input = join(home, 'networks.bin');
const output = join(home, 'outputs.bin');
const networks = await writeNetworks(input);
run('qemu-system-arm', [
  ...['-M', 'mps2-an386', '-nodefaults', '-display', 'none', '-monitor', 'none', '-icount', 'shift=6'],
  ...['-semihosting-config', `enable=on,target=native,arg=${input},arg=${output}`, '-kernel', elf],
]);
const { passed, failed } = compareOutputs(networks, readFileSync(output));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
