/** The dialogues of nodes that stand between client and aggregator and have a choice of methods. */
import assert from 'node:assert/strict';
import { fresh, onBothVersions } from './on-both-versions';
import { reasonAt, shownOf } from './palette';

const ofQuantize = [
  ...[
    'bits',
    'rounding',
    'scale',
    'grid',
    'edenBits',
    'rotation',
    'clipping',
    'levels',
    'levelsBy',
    'bucket',
    'feedback',
    'seed',
  ],
];

onBothVersions(
  'filters',
  (known) => [
    // As an older version wrote it.
    {
      ...{ id: 'quantize', type: 'fl-quantize', z: 'tab', x: 250, y: 60, wires: [[]] },
      bits: '4',
      rounding: 'nearest',
    },
    fresh(known, 'fl-krum-filter', 120),
    fresh(known, 'fl-sparsify', 180),
    { ...fresh(known, 'fl-prune', 240), end: '20' },
  ],
  (at) => {
    it('fl-quantize shows of a method what it has, and how much smaller an update becomes', async () => {
      await at.editor.openDialogue('quantize');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const cases: [choices: Record<string, string>, shown: string[], ratio: string][] = [
        [{}, ['bits', 'rounding', 'scale', 'grid', 'feedback'], '8.0'],
        [{ rounding: 'stochastic' }, ['bits', 'rounding', 'scale', 'grid', 'seed'], '8.0'],
        [{ method: 'eden' }, ['edenBits', 'feedback', 'seed'], '16.0'],
        [{ method: 'drive' }, ['rotation', 'feedback', 'seed'], '32.0'],
        [{ rotation: 'none' }, ['rotation', 'feedback'], '32.0'],
        [{ method: 'sign' }, [], '32.0'],
        [{ method: 'bfloat16' }, [], '2.0'],
        [{ method: 'terngrad' }, ['clipping', 'seed'], '20.0'],
        [{ method: 'qsgd' }, ['levels', 'levelsBy', 'bucket', 'seed'], ''],
      ];
      for (const [choices, expected, ratio] of cases) {
        for (const [name, value] of Object.entries(choices)) {
          await form.locator(`#node-input-${name}`).selectOption(value);
        }
        const shown = await shownOf(form, ofQuantize);
        assert.deepEqual(shown, expected, JSON.stringify(choices));
        const told = (await form.locator('#fl-quantize-ratio').textContent()) ?? '';
        assert.equal(/[\d.]+/.exec(told)?.[0] ?? '', ratio, told);
      }
      await at.editor.screenshot(`fl-quantize by QSGD (Node-RED ${at.version})`);
      assert.match(await reasonAt(at.editor.page, 'levels', '256'), /1 to 255/);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-krum-filter shows of a method what it has', async () => {
      await at.editor.openDialogue('fl-krum-filter');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const shown = async (): Promise<string[]> => {
        const rows = ['byzantine', 'rule', 'keep', 'trusted'];
        const found = await Promise.all(rows.map((row) => form.locator(`#fl-krum-filter-${row}`).isVisible()));
        return rows.filter((_, i) => found[i]);
      };
      for (const [method, expected] of [
        ['multi-krum', ['byzantine', 'rule', 'keep']],
        ['krum', ['byzantine', 'rule']],
        ['bulyan', ['byzantine', 'rule']],
        ['median', ['byzantine', 'rule']],
        ['geometric-median', ['byzantine', 'rule']],
        ['trimmed-mean', ['byzantine', 'rule']],
        ['norm-bound', []],
        ['norm-clip', []],
        ['centered-clip', []],
        ['flame', []],
        ['fltrust', ['trusted']],
      ] as const) {
        await form.locator('#node-input-method').selectOption(method);
        assert.deepEqual(await shown(), expected, method);
      }
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-sparsify shows of a method and of the feedback what they have', async () => {
      await at.editor.openDialogue('fl-sparsify');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const shown = async (): Promise<string[]> => {
        const rows = ['share', 'per', 'threshold', 'draw', 'seed', 'momentum', 'warmUp'];
        return shownOf(form, rows);
      };
      for (const [method, expected] of [
        ['top-k', ['share', 'per', 'warmUp']],
        ['random-k', ['share', 'per', 'draw', 'seed', 'warmUp']],
        ['threshold', ['threshold']],
      ] as const) {
        await form.locator('#node-input-method').selectOption(method);
        assert.deepEqual(await shown(), expected, method);
      }
      await form.locator('#node-input-feedback').selectOption('momentum');
      assert.deepEqual(await shown(), ['threshold', 'momentum']);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-prune shows of a method what it has, and says when it would end before it begins', async () => {
      await at.editor.openDialogue('fl-prune');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const per = form.locator('.form-row:visible > label[for="node-input-per"]');
      assert.equal(await per.count(), 1);
      await form.locator('#node-input-method').selectOption('structured');
      assert.equal(await per.count(), 0);
      assert.match(await reasonAt(at.editor.page, 'end', '1'), /not before/);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });
  },
);
