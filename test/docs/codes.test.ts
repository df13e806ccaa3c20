import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

describe('docs/library.md', () => {
  it('names every code that a federation refuses with', () => {
    const sources = readdirSync(join(root, 'lib/federation'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read('lib/federation', file));
    const pattern = /(?:RefusedError\(\s*|code: |say\(\s*|refuse\(\s*state,\s*)'([a-z-]+)'/g;
    const codes = new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1])));
    assert.ok(codes.size > 15, `${codes.size} codes found`);
    const told = read('docs/library.md') + read('docs/messages.md');
    for (const code of codes) assert.ok(told.includes(`\`${code}\``), `${code} is not told`);
  });
});

describe('docs/int8.md', () => {
  it('names every code that a .tflite file is refused with', () => {
    const codes = new Set(
      [...read('lib/core/int8-refusals.ts').matchAll(/'(tflite-[a-z-]+)'/g)].map((match) => match[1]),
    );
    assert.ok(codes.size > 8, `${codes.size} codes found`);
    const told = read('docs/int8.md');
    for (const code of codes) assert.ok(told.includes(`\`${code}\``), `${code} is not told`);
  });
});
