import assert from 'node:assert/strict';
import { openInt8 } from '../../../lib/core';
import { aligned, createCore } from '../../../lib/core/wasm';
import { type Generator, generator } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';
import { fixture, names } from '../../core/int8/fixtures';

/** A file with single bytes, whole offsets or counts changed, or cut short. */
function mutated(original: Uint8Array, random: Generator): Uint8Array {
  const file = original.slice();
  const view = new DataView(file.buffer);
  for (let k = random.below(4); k >= 0; k--) {
    const word = 4 * random.below(file.length >> 2);
    const kind = random.below(5);
    if (kind === 0) file[random.below(file.length)] = random.below(256);
    if (kind === 1) view.setUint32(word, random.uint32(), true);
    if (kind === 2) view.setUint32(word, view.getUint32(word, true) + random.below(33) - 16, true);
    if (kind === 3) view.setInt32(word, [0, -1, 1, 0x7fffffff, -0x80000000, file.length][random.below(6)], true);
    if (kind === 4) view.setUint16(2 * random.below(file.length >> 1), random.below(64), true);
  }
  return random.below(8) === 0 ? file.slice(0, random.below(file.length)) : file;
}

/** What the core makes of a file when the memory around it is full of one byte. */
function outcome(file: Uint8Array, filling: number): { refused: number; outputs: number[] } {
  const core = createCore();
  const { exports: wasm, base } = core;
  const around = 8192;
  const fileAt = aligned(base + wasm.int8_bytes() + around);
  core.reserve(1 << 20);
  core.bytes(base, core.size() - base).fill(filling);
  core.bytes(fileAt, file.length).set(file);
  const refused = wasm.int8_open(base, fileAt, file.length);
  if (refused !== 0) return { refused, outputs: [] };
  const [inputs, count, arena] = [wasm.int8_inputs(base), wasm.int8_outputs(base), wasm.int8_arena(base)];
  if (wasm.int8_products(base) > 1e6 || inputs + count + arena > 1 << 19) return { refused: 0, outputs: [] };
  const arenaAt = aligned(fileAt + file.length + around);
  const inAt = arenaAt + aligned(arena);
  const outAt = inAt + aligned(inputs);
  core.bytes(inAt, inputs).fill(17);
  wasm.int8_codes(base, arenaAt, inAt, outAt);
  return { refused, outputs: [...core.bytes(outAt, count)] };
}

describe('hostile .tflite files', () => {
  for (const name of names) {
    it(`${name}: what is changed is refused or run, and nothing around the file plays a part`, () => {
      const random = generator(3, name);
      const seen = { refused: 0, run: 0 };
      for (let round = 0; round < 200; round++) {
        const file = mutated(fixture(name), random);
        const found = outcome(file, 0);
        assert.deepEqual(outcome(file, 0xff), found, `round ${round}`);
        seen[found.refused === 0 ? 'run' : 'refused']++;
        assert.ok(found.refused === 0 || (found.refused <= -101 && found.refused >= -116), `code ${found.refused}`);
      }
      assert.ok(seen.refused > 20 && seen.run > 20, JSON.stringify(seen));
    });

    it(`${name}: cut anywhere it is refused with a sentence`, () => {
      const whole = fixture(name);
      for (let length = 0; length < whole.length; length += 37) {
        try {
          openInt8(whole.subarray(0, length));
        } catch (error) {
          assert.ok(error instanceof RefusedError && /^tflite-/.test(error.code), String(error));
          continue;
        }
        assert.fail(`${length} of ${whole.length} bytes were taken`);
      }
    });
  }

  it('what is no .tflite file at all', () => {
    assert.throws(() => openInt8(new Uint8Array(0)), { code: 'tflite-file' });
    assert.throws(() => openInt8(new Uint8Array(4096)), { code: 'tflite-file' });
    assert.throws(() => openInt8(new TextEncoder().encode('    TFL3, said the letter')), RefusedError);
  });

  it('a file that lies a byte aside is refused as unaligned, not read', () => {
    const file = fixture('dense');
    const shifted = new Uint8Array(file.length + 2);
    shifted.set(file, 2);
    shifted.set(file.subarray(0, 8), 0);
    new DataView(shifted.buffer).setUint32(0, new DataView(file.buffer).getUint32(0, true) + 2, true);
    assert.throws(() => openInt8(shifted), /boundary/);
  });
});
