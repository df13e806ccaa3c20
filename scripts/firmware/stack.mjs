// The deepest stack that a program can need, from its disassembly: the frame of each function (all it pushes and takes off
// sp, on whatever path) along the deepest chain of calls. The compilers' own figures (-fstack-usage) know nothing of libgcc
// and of calls; these do.
import { functions } from './disassembly.mjs';

/** Registers of a list such as {r4-r7, lr} or {d8-d15}. */
function registers(list) {
  let count = 0;
  for (const part of list.split(',')) {
    const range = /^\s*[a-z]+(\d+)-[a-z]+(\d+)\s*$/.exec(part);
    count += range ? Number(range[2]) - Number(range[1]) + 1 : 1;
  }
  return count;
}

/** Bytes that an instruction takes off the stack pointer; undefined: as many as a register says. */
function taken({ mnemonic, operands }) {
  const list = /\{(.*)\}/.exec(operands)?.[1];
  const name = mnemonic.replace(/\.[nw]$/, '');
  if (name === 'push' || (/^stmdb/.test(name) && /^sp!/.test(operands))) return 4 * registers(list);
  if (name === 'vpush' || (/^vstmdb/.test(name) && /^sp!/.test(operands)))
    return registers(list) * (/d\d/.test(list) ? 8 : 4);
  const store = /\[sp, #-(\d+)\]!/.exec(operands);
  if (store) return Number(store[1]);
  if (/^subw?$/.test(name) && /^sp,/.test(operands)) {
    const bytes = /#(\d+)/.exec(operands);
    return bytes ? Number(bytes[1]) : undefined;
  }
  return /^(add|mov)w?$/.test(name) && /^sp, r\d+$/.test(operands) && !/^sp, r7$/.test(operands) ? undefined : 0;
}

/** Frame and calls of one function. */
function lookAt(name, code, known) {
  let frame = 0;
  let indirect = false;
  const calls = new Set();
  for (const instruction of code) {
    const bytes = taken(instruction);
    if (bytes === undefined) throw new Error(`${name} has a frame whose size is not known before it runs.`);
    frame += bytes;
    const { mnemonic, operands } = instruction;
    if (/^blx?$/.test(mnemonic) && /^r\d+|^ip|^lr/.test(operands)) indirect = true;
    if (mnemonic === 'bx' && operands !== 'lr') indirect = true;
    const target = /^(?:b|bl|b[a-z]{2})(?:\.[nw])?$/.test(mnemonic) && /<([^>+]+)(\+0x[0-9a-f]+)?>/.exec(operands);
    // A jump into another function counts as a call.
    if (target && known.has(target[1]) && (target[1] !== name || mnemonic === 'bl')) calls.add(target[1]);
  }
  return { frame, indirect, calls };
}

/** What the processor puts on the stack when an interrupt comes: 8 words, 18 of the FPU, and one to align. */
const exceptionFrame = 4 * (8 + 18 + 1);

/** A call through a pointer may come to a function that makes one, but no deeper than so. */
const nesting = 3;

/**
 * The worst case of `entry`, with one interrupt of `handlers` on top. A call through a pointer counts as one of the
 * deepest function that nobody calls directly.
 * @returns {{bytes: number, chain: string[], interrupt: number}}
 */
export function worstStack(elf, entry, handlers) {
  const code = functions(elf);
  const known = new Set(code.keys());
  const graph = new Map([...code].map(([name, instructions]) => [name, lookAt(name, instructions, known)]));
  const called = new Set([...graph.values()].flatMap(({ calls }) => [...calls]));
  const roots = [...graph.keys()].filter((name) => !called.has(name) && name !== entry && !handlers.includes(name));

  /** Depth of every function when a call through a pointer takes `charge`. */
  const depths = (charge) => {
    const depth = new Map();
    const open = new Set();
    const visit = (name) => {
      const before = depth.get(name);
      if (before) return before;
      if (open.has(name)) throw new Error(`Recursion: ${[...open, name].join(' -> ')}`);
      open.add(name);
      const { frame, indirect, calls } = graph.get(name);
      let deepest = indirect ? charge : { bytes: 0, chain: [] };
      for (const callee of calls) {
        const below = visit(callee);
        if (below.bytes > deepest.bytes) deepest = below;
      }
      open.delete(name);
      const mine = { bytes: frame + deepest.bytes, chain: [`${name} (${frame})`, ...deepest.chain] };
      depth.set(name, mine);
      return mine;
    };
    for (const name of graph.keys()) visit(name);
    return depth;
  };
  const deepest = (depth, names) =>
    names.map((name) => depth.get(name)).reduce((a, b) => (b.bytes > a.bytes ? b : a), { bytes: 0, chain: [] });

  let charge = { bytes: 0, chain: [] };
  for (let level = 1; level < nesting; level++) charge = deepest(depths(charge), roots);
  const depth = depths(charge);
  const interrupt = exceptionFrame + deepest(depth, handlers).bytes;
  const { bytes, chain } = depth.get(entry);
  return { bytes: bytes + interrupt, chain, interrupt };
}
