/** What every node of the palette shows: texts that exist, and statuses that fit under a node. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATUS_LENGTH } from '../../../nodes/shared/status';
import { catalogOf } from '../runtime';

const root = join(__dirname, '..', '..', '..', '..', 'nodes');
const nodes = readdirSync(root).filter((name) => existsSync(join(root, name, `${name}.ts`)));
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

function* leaves(value: unknown, path: string[] = []): Generator<[key: string, text: string]> {
  if (typeof value === 'string') yield [path.join('.'), value];
  else for (const [name, inner] of Object.entries(value as object)) yield* leaves(inner, [...path, name]);
}

describe('texts of the palette', () => {
  for (const node of nodes) {
    describe(`fl-${node}`, () => {
      const texts = new Map(leaves(catalogOf(node)));
      // As the build has put it together.
      const html = readFileSync(join(__dirname, '..', '..', '..', 'nodes', node, `${node}.html`), 'utf8');
      const code = readdirSync(join(root, node))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => read(node, name))
        .join('\n');

      it('has every text that its dialogue and its code ask for', () => {
        const asked = [
          ...[...html.matchAll(/data-i18n="(?:\[\w+\])?([\w.-]+)"/g)].map((match) => match[1]),
          ...[...html.matchAll(/_\('([\w-]+(?:\.[\w-]+)+)'[,)]/g)].map((match) => match[1]),
          // What the build tells the editor of the declared fields.
          ...[...html.matchAll(/"(?:error|label)":"([\w.-]+)"/g)].map((match) => match[1]),
          ...[...code.matchAll(/'(status\.[\w]+)'/g)].map((match) => match[1]),
        ];
        assert.deepEqual(
          asked.filter((key) => !texts.has(key)),
          [],
        );
      });

      it('keeps its statuses short', () => {
        for (const [key, text] of texts) {
          if (!key.startsWith('status.') && !key.startsWith('refused.')) continue;
          const shown = text.replace(/__\w+__/g, '9');
          assert.ok(shown.length <= STATUS_LENGTH, `${key}: "${shown}" has ${shown.length} characters`);
        }
      });

      it('has an icon, help in the usual order, and a literal registration', () => {
        assert.match(html, new RegExp(`RED\\.nodes\\.registerType\\('fl-${node}'`));
        assert.match(html, new RegExp(`data-template-name="fl-${node}"`));
        const help = read(node, 'locales', 'en-US', `${node}.html`);
        assert.match(help, new RegExp(`data-help-name="fl-${node}"`));
        const order = ['<p>', '<h3>Inputs', '<h3>Outputs', '<h3>Details', '<h3>References'].map((mark) =>
          help.indexOf(mark),
        );
        const there = order.filter((at) => at >= 0);
        assert.deepEqual(
          there,
          [...there].sort((a, b) => a - b),
        );
        assert.ok(order[0] >= 0 && order[3] >= 0, 'intro and details');
        assert.ok(existsSync(join(root, node, 'icons', `fl-${node}.svg`)));
      });

      it('declares its input handler so that Node-RED waits for done, by the shell', () => {
        assert.doesNotMatch(code, /\.on\('(input|close)'/);
      });
    });
  }
});
