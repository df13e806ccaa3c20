import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refusals } from '../../lib/update/refusals';
import { decodeWire, encodeWire } from '../../lib/update/wire';
import { examples } from '../lib/update/examples';

/** From dist/test/docs/. */
const page = (name: string): string => readFileSync(join(__dirname, '../../../docs', name), 'utf8');

describe('docs/wire-format.md', () => {
  it('has an example that decodes, and that the encoder makes', async () => {
    const block = /```hex\n([\s\S]*?)```/.exec(page('wire-format.md'))?.[1] ?? '';
    const digits = block.replace(/#.*/g, '').replace(/\s/g, '');
    const wire = Buffer.from(digits, 'hex');
    assert.equal(wire.length, digits.length / 2);
    assert.equal(wire.length, 237);
    const { message } = await decodeWire(wire);
    assert.deepEqual(message.fl, {
      kind: 'update',
      federation: 'factory',
      model: '0123456789abcdef'.repeat(4),
      round: 3,
      attempt: 'k3x9.2',
      client: 'plant-1',
      samples: 420,
      codecs: [],
      tensors: [
        [4, 2],
        [2, 2],
      ],
      expected: 10,
      deadlineMs: 60_000,
    });
    const numbers = Array.from({ length: 6 }, (_, i) => message.payload.readFloatLE(4 * i));
    assert.deepEqual(numbers, [0.5, -0.25, 1, 0, 0.125, -2]);
    assert.deepEqual(await encodeWire(message), wire);
  });
});

describe('docs/messages.md', () => {
  const text = page('messages.md');

  it('has each kind and each of its fields', () => {
    for (const { fl } of examples()) {
      const own = new RegExp(`\\n## ${fl.kind} — ([\\s\\S]*?)(?=\\n## )`).exec(text)?.[1];
      assert.ok(own !== undefined, `no heading for ${fl.kind}`);
      const common = text.slice(text.indexOf('## Fields of all'), text.indexOf('## invite'));
      for (const [name, value] of Object.entries(fl)) {
        assert.ok(`${own}${common}`.includes(`\`${name}\``), `${fl.kind}: no word of ${name}`);
        if (name === 'notes' || typeof value !== 'object' || value === null || Array.isArray(value)) continue;
        for (const inner of Object.keys(value))
          assert.ok(own.includes(`\`${inner}\``), `${fl.kind}: no word of ${inner}`);
      }
    }
  });

  it('has the table of refusals', () => {
    const rows = [...text.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, code, meaning]) => [code, meaning]);
    const table = rows.filter(([code]) => code in refusals);
    assert.deepEqual(Object.fromEntries(table), { ...refusals });
  });
});
