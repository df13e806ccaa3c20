// What objdump tells of an ELF file: sections, symbols, and the functions with their instructions.
import { run } from './toolchains.mjs';

/** @returns {Map<string, number>} bytes of the sections that take memory */
export function sections(elf) {
  const found = new Map();
  for (const line of run('arm-none-eabi-objdump', ['-h', elf]).split('\n')) {
    const match = /^\s*\d+\s+(\S+)\s+([0-9a-f]{8})\s/.exec(line);
    if (match) found.set(match[1], Number.parseInt(match[2], 16));
  }
  return found;
}

/** Bytes of the symbol whose demangled name ends so; 0: there is none. */
export function symbolBytes(elf, name) {
  const line = run('arm-none-eabi-nm', ['-S', '-C', elf])
    .split('\n')
    .find((text) => text.endsWith(name) && /^[0-9a-f]+ [0-9a-f]+ /.test(text));
  return line ? Number.parseInt(line.split(' ')[1], 16) : 0;
}

export function symbolAddress(elf, name) {
  const line = run('arm-none-eabi-nm', [elf])
    .split('\n')
    .find((text) => text.endsWith(` ${name}`));
  if (!line) throw new Error(`${elf} has no ${name}.`);
  return Number.parseInt(line, 16);
}

/** @returns {Map<string, {mnemonic: string, operands: string}[]>} by mangled name */
export function functions(file) {
  const found = new Map();
  let current;
  for (const line of run('arm-none-eabi-objdump', ['-d', file]).split('\n')) {
    const head = /^[0-9a-f]+ <(.+)>:$/.exec(line);
    if (head) {
      current = [];
      found.set(head[1], current);
      continue;
    }
    const instruction = /^\s+[0-9a-f]+:\t([0-9a-f ]+?)\s*\t(\S+)\s*(.*)$/.exec(line);
    // lld fills gaps with d4d4.
    if (!instruction || !current || instruction[1] === 'd4d4') continue;
    current.push({ mnemonic: instruction[2], operands: instruction[3].trim() });
  }
  return found;
}
