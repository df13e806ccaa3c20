/** Numeric vectors of other projects, by their ids: test/fixtures/vectors/. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Vector {
  id: string;
  input: unknown;
  expected: unknown;
}

/** From dist/test/lib/. */
const folder = join(__dirname, '../../../test/fixtures/vectors');

export const vectors: readonly Vector[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { vectors: Vector[] }).vectors);

export function vector<I, E>(id: string): { input: I; expected: E } {
  const found = vectors.find((one) => one.id === id);
  assert.ok(found, `There is no vector "${id}".`);
  return found as unknown as { input: I; expected: E };
}
