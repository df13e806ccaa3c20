/** What the build makes of declared fields, as the editor runs it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definition } from '../palette';

const root = join(__dirname, '..', '..', '..', '..');
const built = (node: string): string => readFileSync(join(root, 'dist/nodes', node, `${node}.html`), 'utf8');
const declared = readdirSync(join(root, 'nodes')).filter((name) => existsSync(join(root, 'nodes', name, 'fields.mjs')));

function judge(node: string, field: string, stored: Record<string, unknown>): unknown {
  const { defaults } = definition(node);
  const values = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]));
  const it: Record<string, unknown> = { ...values, ...stored, id: 'n', _: (key: string) => key };
  return defaults[field].validate?.call(it, it[field], {});
}

describe('a dialogue of declared fields', () => {
  for (const node of declared) {
    it(`fl-${node}: leaves nothing to be put in, and its conditions name fields that it has`, () => {
      const html = built(node);
      assert.doesNotMatch(html, /<!-- (fields|include)|\/\/ (fields|include)\b/);
      const fields = Object.keys(definition(node).defaults);
      for (const [, condition] of html.matchAll(/data-fl-when="([^"]+)"/g)) {
        for (const part of condition.split(/[&|]/)) {
          const [, name, values] = /^(\w+)!?=([^=]*)$/.exec(part) ?? [];
          assert.ok(fields.includes(name), `${condition}: ${name}`);
          const options = [...html.matchAll(new RegExp(`input-${name}"[^>]*>([^]*?)</select>`, 'g'))][0]?.[1];
          if (!html.includes(`<select id="node-input-${name}"`) || !options?.includes('<option')) continue;
          for (const value of values.split(',')) {
            assert.match(options, new RegExp(`<option value="${value}"`), `${condition}: ${value}`);
          }
        }
      }
    });

    it(`fl-${node}: an old flow that lacks a field, or all of them, is not wrong for that`, () => {
      const { defaults } = definition(node);
      const none = Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]));
      for (const [name, { value }] of Object.entries(defaults)) {
        // What has no default has to be said.
        if (value === '' || typeof value === 'object') continue;
        assert.ok([true, undefined].includes(judge(node, name, { [name]: undefined }) as boolean), name);
        assert.ok([true, undefined].includes(judge(node, name, none) as boolean), `${name}, all lacking`);
      }
    });
  }

  it('has no field with a name that the editor keeps for itself: it would be lost on deploy', () => {
    const internal = [
      'changed',
      'dirty',
      'id',
      'moved',
      'selected',
      'type',
      'users',
      'valid',
      'validationErrors',
      'wires',
    ];
    for (const node of declared) {
      const names = Object.keys(definition(node).defaults);
      assert.deepEqual(
        names.filter((name) => name.length < 2 || name.startsWith('_') || internal.includes(name)),
        [],
        node,
      );
    }
  });

  const wrong: [node: string, field: string, stored: Record<string, unknown>, says: unknown][] = [
    // Whole numbers.
    ['quantize', 'bits', { bits: '16' }, true],
    ['quantize', 'bits', { bits: '17' }, 'error.bits'],
    ['quantize', 'bits', { bits: '7.5' }, 'error.bits'],
    ['quantize', 'bits', { bits: '' }, 'error.bits'],
    ['quantize', 'bits', { method: 'eden', bits: '99' }, true],
    ['quantize', 'edenBits', { method: 'eden', edenBits: '5' }, 'error.edenBits'],
    ['quantize', 'edenBits', { edenBits: '5' }, true],
    ['quantize', 'levels', { method: 'qsgd', levels: '256' }, 'error.levels'],
    ['quantize', 'bucket', { method: 'qsgd', bucket: '32767' }, true],
    ['quantize', 'seed', { method: 'drive', seed: '-1' }, 'error.seed'],
    ['quantize', 'seed', { method: 'drive', rotation: 'none', seed: '-1' }, true],
    ['quantize', 'seed', { seed: '-1' }, true],
    // Numbers, with and without the ends.
    ['quantize', 'clipping', { method: 'terngrad', clipping: '0' }, true],
    ['quantize', 'clipping', { method: 'terngrad', clipping: '-1' }, 'error.clipping'],
    ['dp-noise', 'samplingRate', { mode: 'central', samplingRate: '1' }, true],
    ['dp-noise', 'samplingRate', { mode: 'central', samplingRate: '0' }, 'error.samplingRate'],
    ['dp-noise', 'delta', { delta: '1' }, 'error.delta'],
    ['dp-noise', 'delta', { delta: 'small' }, 'error.delta'],
    ['evaluate', 'samplesPerDay', { samplesPerDay: '0' }, true],
    ['evaluate', 'samplesPerDay', { samplesPerDay: '-1' }, 'error.samplesPerDay'],
    ['dp-noise', 'quantile', { mode: 'central', clipping: 'adaptive', quantile: '1.1' }, 'error.quantile'],
    ['dp-noise', 'rate', { mode: 'central', clipping: 'adaptive', rate: '0' }, 'error.rate'],
    ['dp-noise', 'countNoise', { mode: 'central', clipping: 'adaptive', countNoiseType: 'auto', countNoise: '' }, true],
    // Not shown, not wrong.
    ['dp-noise', 'quantile', { mode: 'central', quantile: '2' }, true],
    ['dp-noise', 'quantile', { mode: 'local', clipping: 'adaptive', quantile: '2' }, true],
    ['dp-noise', 'samplingRate', { mode: 'local', samplingRate: '0' }, true],
    ['cluster', 'client', { mode: 'groups', client: '' }, true],
    ['cluster', 'client', { mode: 'client', client: ' ' }, 'error.client'],
    ['wire', 'signAs', { sign: true, signAs: '' }, 'error.signAs'],
    ['wire', 'signAs', { sign: true, direction: 'unpack', signAs: '' }, true],
    // A config node: chosen, there, and right itself.
    ['evaluate', 'model', { model: '_ADD_' }, 'error.model'],
    ['evaluate', 'model', { model: 'gone' }, 'validator.errors.missing-config'],
    ['evaluate', 'model', { model: 'broken' }, 'validator.errors.invalid-config'],
    ['evaluate', 'model', { model: 'sound' }, true],
    ['distill', 'network', { role: 'teach', network: 'gone' }, true],
    // A number, or none.
    ['dp-noise', 'budget', { budget: '', budgetType: 'none' }, true],
    ['dp-noise', 'budget', { budget: '', budgetType: 'num' }, 'error.budget'],
    ['dp-noise', 'budget', { budget: '', budgetType: undefined }, 'error.budget'],
  ];
  for (const [node, field, stored, says] of wrong) {
    it(`fl-${node}: ${JSON.stringify(stored)} ${says === true ? 'is right' : `is wrong by ${field}`}`, () => {
      assert.equal(judge(node, field, stored), says);
    });
  }
});
