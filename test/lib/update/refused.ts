import assert from 'node:assert/strict';
import { RefusedError } from '../../../lib/refused';

/** Asserts that `action` is refused with this code, in a sentence. */
export function refused(code: string, action: () => unknown, words?: RegExp): void {
  assert.throws(action, (error: unknown) => {
    assert.ok(error instanceof RefusedError, `not refused but ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^[A-Zmbdl].*[.]$/s);
    if (words) assert.match(error.message, words);
    return true;
  });
}

export async function refusedLater(code: string, action: () => Promise<unknown>, words?: RegExp): Promise<void> {
  let outcome: () => unknown = () => undefined;
  await action().catch((error: unknown) => {
    outcome = () => {
      throw error;
    };
  });
  refused(code, () => outcome(), words);
}
