// The firmware for QEMU's Cortex-M4F, by gcc and by clang -> build/firmware/. Prints what it takes, and refuses what would
// not fit a Nano 33 BLE.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nano } from './firmware/budget.mjs';
import { sections, symbolAddress, symbolBytes } from './firmware/disassembly.mjs';
import { build, compilers, elfOf, output, programs } from './firmware/programs.mjs';
import { worstStack } from './firmware/stack.mjs';
import { needPackages } from './firmware/toolchains.mjs';

needPackages();
mkdirSync(output, { recursive: true });

const number = (n) => n.toLocaleString('en-US');
/** For test/board/stack.ts. */
const stacks = {};
let complaints = 0;
for (const compiler of compilers) {
  for (const program of programs) build(program, compiler);
  const elf = elfOf('board', compiler);
  const found = sections(elf);
  const bytes = (...names) => names.reduce((sum, name) => sum + (found.get(name) ?? 0), 0);
  const flash = bytes('.text', '.ARM.exidx', '.data');
  const ram = bytes('.data', '.bss');
  const arena = symbolBytes(elf, 'fl::qemu::arena');
  const stack = bytes('.stack');
  const worst = worstStack(elf, 'reset_handler', ['tick_handler', 'uart_handler']);
  stacks[compiler] = { address: symbolAddress(elf, 'stack_from'), bytes: stack, most: worst.bytes };
  console.log(
    `firmware for QEMU, ${compiler}: flash ${number(flash)} B of ${number(nano.flashBytes)}; ` +
      `static RAM ${number(ram)} B (arena ${number(arena)}, all else ${number(ram - arena)}); ` +
      `stack at most ${number(worst.bytes)} B of ${number(stack)}; ` +
      `in all ${number(ram + worst.bytes)} B of ${number(nano.ramBytes)}`,
  );
  if (process.argv.includes('--chain'))
    console.log(`  ${worst.chain.join('\n  ')}\n  an interrupt (${worst.interrupt})`);
  const limits = [
    ['flash', flash, nano.flashBytes],
    ['stack', worst.bytes, stack],
    ['static RAM and stack', ram + stack, nano.ramBytes],
  ];
  for (const [what, needed, most] of limits) {
    if (needed <= most) continue;
    complaints++;
    console.log(`Over budget: ${what} takes ${number(needed)} B of ${number(most)}.`);
  }
}
writeFileSync(join(output, 'stacks.json'), JSON.stringify(stacks));
process.exit(complaints === 0 ? 0 : 1);
