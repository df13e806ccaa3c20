/** The sidebar says nothing without a text, and has no text that it does not say. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../../../plugins/sidebar');
const texts = JSON.parse(readFileSync(join(folder, 'locales/en-US/sidebar.json'), 'utf8')) as object;

function* keys(value: unknown, path: string[] = []): Generator<string> {
  if (typeof value === 'string') yield path.join('.');
  else for (const [name, inner] of Object.entries(value as object)) yield* keys(inner, [...path, name]);
}

const source = [...readdirSync(join(folder, 'parts')).map((name) => join('parts', name)), 'sidebar.html', 'sidebar.ts']
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

/** Families of which code chooses one: `of(`phase.${key}`)`. */
const families = [...source.matchAll(/`(\w+(?:\.\w+)*)\.\$\{/g)].map(([, family]) => family);

describe('the texts of the sidebar', () => {
  const there = [...keys(texts)];

  it('are there, each that is asked for', () => {
    const asked = [...source.matchAll(/['"](\w+(?:\.\w+)+)['"]/g)]
      .map(([, key]) => key)
      .filter((key) => key.split('.')[0] in texts);
    assert.ok(asked.length > 30);
    assert.deepEqual(
      asked.filter((key) => !there.includes(key)),
      [],
    );
  });

  it('are asked for, each that is there', () => {
    const isAsked = (key: string): boolean =>
      source.includes(`'${key}'`) || families.includes(key.slice(0, key.lastIndexOf('.')));
    assert.deepEqual(
      there.filter((key) => !isAsked(key)),
      [],
    );
  });
});
