// The two compilers for a Cortex-M4F, their flags, and what says that one is missing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';

/** Command, and the Debian package that brings it. */
const tools = [
  ['arm-none-eabi-g++', 'gcc-arm-none-eabi'],
  ['arm-none-eabi-objdump', 'gcc-arm-none-eabi'],
  ['clang-14', 'clang-14'],
  ['ld.lld-14', 'lld-14'],
];
/** The emulator, and what offers a virtual board on a pseudo-terminal. */
const machines = [
  ['qemu-system-arm', 'qemu-system-arm', '--version'],
  ['socat', 'socat', '-V'],
];

/** Debian packages whose commands are not there. */
export function missingPackages({ withEmulator = false } = {}) {
  const missing = [...tools, ...(withEmulator ? machines : [])]
    .filter(([command, , version = '--version']) => spawnSync(command, [version], { stdio: 'ignore' }).error)
    .map(([, name]) => name);
  return [...new Set(missing)];
}

/** Ends the process with one sentence when a package is missing. */
export function needPackages(options) {
  const missing = missingPackages(options);
  if (missing.length === 0) return;
  console.error(`Debian packages are missing: apt-get install --no-install-recommends ${missing.join(' ')}`);
  process.exit(1);
}

/** Standard output; ends the process when the command fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.error || result.status !== 0) {
    console.error(`${command} ${args.join(' ')}\n${result.error?.message ?? result.stderr}`);
    process.exit(1);
  }
  return result.stdout;
}

export const cortexFlags = ['-mcpu=cortex-m4', '-mthumb', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'];
const freestanding = [
  '-std=gnu++14',
  '-O3',
  // The same bits as everywhere: nothing fused, nothing reordered.
  '-ffp-contract=off',
  '-fno-math-errno',
  '-ffreestanding',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-threadsafe-statics',
  '-fno-asynchronous-unwind-tables',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Werror',
];

const script = join(root, 'firmware/qemu/memory.ld');
const linking = ['-nostdlib', '-Wl,--gc-sections'];
/** For gcc. */
export const linkFlags = [...linking, '-T', script];

/** name -> [command, flags in front, flags behind the sources] */
export const toolchains = {
  gcc: () => [
    'arm-none-eabi-g++',
    // Else memset would be compiled into a call of itself.
    [...cortexFlags, ...freestanding, '-fno-tree-loop-distribute-patterns', ...linkFlags],
    ['-lgcc'],
  ],
  clang: () => {
    const library = run('arm-none-eabi-gcc', [...cortexFlags, '-print-libgcc-file-name']).trim();
    return [
      'clang-14',
      [
        '--target=thumbv7em-none-eabihf',
        ...cortexFlags,
        ...freestanding,
        ...linking,
        '-fuse-ld=lld-14',
        `-Wl,-T,${script}`,
      ],
      [library],
    ];
  },
};
