// Programs for the emulated Cortex-M4F, by name; all begin with firmware/qemu/startup.cpp.
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';
import { run, toolchains } from './toolchains.mjs';

export const output = join(root, 'build/firmware');

const sources = {
  board: 'firmware/qemu/main.cpp',
  measure: 'firmware/qemu/measure.cpp',
  'power-cut': 'test/board/power-cut.cpp',
};

export const compilers = Object.keys(toolchains);
export const programs = Object.keys(sources);
export const elfOf = (program, compiler) => join(output, `${program}-${compiler}.elf`);

export function build(program, compiler) {
  const [command, before, behind] = toolchains[compiler]();
  const files = ['firmware/qemu/startup.cpp', 'firmware/qemu/memory.cpp', sources[program]].map((file) =>
    join(root, file),
  );
  run(command, [...before, ...files, ...behind, '-o', elfOf(program, compiler)]);
}
