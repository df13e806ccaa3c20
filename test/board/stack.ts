/** How deep the stack of a board in QEMU has been, against what scripts/build-firmware.mjs computed from the disassembly. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/lib/node-red-process';
import type { Compiler, QemuBoard } from './qemu-board';

/** STACK_PAINT of firmware/qemu/machine.h. */
const paint = 0x5afe57ac;

export async function assertStack(qemu: QemuBoard, compiler: Compiler): Promise<void> {
  const file = readFileSync(join(repositoryRoot, 'build/firmware/stacks.json'), 'utf8');
  const { address, bytes, most } = (JSON.parse(file) as Record<Compiler, Record<'address' | 'bytes' | 'most', number>>)[
    compiler
  ];
  const memory = await qemu.memory(address, bytes);
  let untouched = 0;
  while (untouched < bytes && memory.readUInt32LE(untouched) === paint) untouched += 4;
  const used = bytes - untouched;
  console.log(`      stack of the board by ${compiler}: ${used} B were used, ${most} B computed as the most`);
  assert.ok(used > 500, 'the stack was not painted');
  assert.ok(used <= most, `${used} B of stack, ${most} computed`);
}
