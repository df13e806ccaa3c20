/** How much memory a model takes while it trains or predicts: for a board's "needs 41 kB of 256 kB". */
import type { ModelSpec } from '../model/spec';
import { type Plan, programOf, refusalOf } from './program';
import { aligned, createCore } from './wasm';

/**
 * Bytes of the plan and all its numbers, on a 32-bit machine; the samples and their order are not part of it. Nothing of
 * that size is allocated. Throws RefusedError when the core cannot run the model.
 */
export function planBytes(spec: ModelSpec, plan: Plan): number {
  const { exports: wasm, base, reserve, int32 } = createCore();
  const program = programOf(spec, plan);
  const wordsAt = aligned(base + wasm.session_bytes());
  reserve(wordsAt + program.byteLength - base);
  int32(wordsAt, program.length).set(program);
  const numbers = wasm.session_plan(base, wordsAt, program.length);
  if (numbers < 0) throw refusalOf(numbers);
  return wasm.session_bytes() + 4 * numbers;
}
