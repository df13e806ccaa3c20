/** The dialogues of nodes that stand between client and aggregator and have a choice of methods. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { defaultsOf, reasonAt } from './palette';

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

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`filters in the editor of Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;

    before(async () => {
      browser = await launchBrowser();
      nodeRed = await launchNodeRed({ version });
      const palette = await openEditor(browser, nodeRed);
      const known = await defaultsOf(palette.page);
      await palette.close();
      // As it comes from the palette.
      const fresh = (type: string, y: number) => {
        const { defaults, outputs } = known[type];
        return { ...defaults, id: type, type, z: 'tab', x: 250, y, wires: Array.from({ length: outputs }, () => []) };
      };
      await nodeRed.deploy([
        { id: 'tab', type: 'tab', label: 'filters' },
        // As an older version wrote it.
        {
          ...{ id: 'quantize', type: 'fl-quantize', z: 'tab', x: 250, y: 60, wires: [[]] },
          bits: '4',
          rounding: 'nearest',
        },
        fresh('fl-krum-filter', 120),
        fresh('fl-sparsify', 180),
        { ...fresh('fl-prune', 240), end: '20' },
      ]);
      editor = await openEditor(browser, nodeRed);
      await editor.show('tab');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    it('fl-quantize shows of a method what it has, and how much smaller an update becomes', async () => {
      await editor.openDialogue('quantize');
      const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
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
        const found = await Promise.all(
          ofQuantize.map((name) => form.locator(`.form-row:visible > label[for="node-input-${name}"]`).count()),
        );
        const shown = ofQuantize.filter((_, i) => found[i] > 0);
        assert.deepEqual(shown, expected, JSON.stringify(choices));
        const told = (await form.locator('#fl-quantize-ratio').textContent()) ?? '';
        assert.equal(/[\d.]+/.exec(told)?.[0] ?? '', ratio, told);
      }
      await editor.screenshot(`fl-quantize by QSGD (Node-RED ${version})`);
      assert.match(await reasonAt(editor.page, 'levels', '256'), /1 to 255/);
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });

    it('fl-krum-filter shows of a method what it has', async () => {
      await editor.openDialogue('fl-krum-filter');
      const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
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
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });

    it('fl-sparsify shows of a method and of the feedback what they have', async () => {
      await editor.openDialogue('fl-sparsify');
      const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const shown = async (): Promise<string[]> => {
        const rows = ['share', 'per', 'threshold', 'draw', 'seed', 'momentum', 'warmUp'];
        const found = await Promise.all(
          rows.map((row) => form.locator(`.form-row:visible > label[for="node-input-${row}"]`).count()),
        );
        return rows.filter((_, i) => found[i] > 0);
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
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });

    it('fl-prune shows of a method what it has, and says when it would end before it begins', async () => {
      await editor.openDialogue('fl-prune');
      const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const per = form.locator('.form-row:visible > label[for="node-input-per"]');
      assert.equal(await per.count(), 1);
      await form.locator('#node-input-method').selectOption('structured');
      assert.equal(await per.count(), 0);
      assert.match(await reasonAt(editor.page, 'end', '1'), /not before/);
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });
  });
}
