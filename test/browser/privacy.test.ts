import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { complaints, defaultsOf, reasonAt } from './palette';

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`privacy in the editor of Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;

    before(async () => {
      browser = await launchBrowser();
      nodeRed = await launchNodeRed({ version });
      const palette = await openEditor(browser, nodeRed);
      const { defaults } = (await defaultsOf(palette.page))['fl-dp-noise'];
      await palette.close();
      // As an older version would have written it.
      const known = ['name', 'mode', 'clippingNorm', 'noise', 'noiseMultiplier', 'targetEpsilon', 'releases', 'delta'];
      const old = Object.fromEntries(Object.entries(defaults).filter(([name]) => known.includes(name)));
      await nodeRed.deploy([
        { id: 'tab', type: 'tab', label: 'privacy' },
        { ...old, id: 'dp', type: 'fl-dp-noise', mode: 'central', z: 'tab', x: 250, y: 60, wires: [[], []] },
      ]);
      editor = await openEditor(browser, nodeRed);
      await editor.show('tab');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    it('fl-dp-noise of an older flow is as it was, and shows of each choice what it has', async () => {
      assert.deepEqual(await complaints(editor.page), []);
      await editor.openDialogue('dp');
      const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const adapts = ['quantile', 'step', 'rate', 'countNoise'];
      const fields = ['mechanism', 'clipping', ...adapts, 'samplingRate', 'accountant', 'participations', 'separation'];
      const shown = async (): Promise<string[]> => {
        const found = await Promise.all(
          fields.map((name) => form.locator(`.form-row:visible > label[for="node-input-${name}"]`).count()),
        );
        return fields.filter((_, i) => found[i] > 0);
      };
      const cases: [Record<string, string>, string[]][] = [
        [{}, ['mechanism', 'clipping', 'samplingRate', 'accountant']],
        [{ clipping: 'adaptive' }, ['mechanism', 'clipping', ...adapts, 'samplingRate', 'accountant']],
        [{ mechanism: 'tree' }, ['mechanism', 'participations', 'separation']],
        [{ mode: 'local' }, []],
        [
          { mode: 'central', mechanism: 'gaussian' },
          ['mechanism', 'clipping', ...adapts, 'samplingRate', 'accountant'],
        ],
      ];
      for (const [choices, expected] of cases) {
        for (const [name, value] of Object.entries(choices)) {
          await form.locator(`#node-input-${name}`).selectOption(value);
        }
        assert.deepEqual(await shown(), expected, JSON.stringify(choices));
      }
      assert.match(await reasonAt(editor.page, 'quantile', '2'), /0 to 1/);
      // What the settings cost, as the runtime reckons it, for a tree too.
      const account = form.locator('#fl-dp-noise-account');
      await account.filter({ hasText: /epsilon [\d.]+ after 20 rounds/ }).waitFor();
      const before = await account.textContent();
      await form.locator('#node-input-mechanism').selectOption('tree');
      await editor.page.waitForFunction(
        (text) => document.querySelector('#fl-dp-noise-account')?.textContent !== text,
        before,
      );
      await account.filter({ hasText: /epsilon [\d.]+ after 20 rounds/ }).waitFor();
      await editor.screenshot(`fl-dp-noise tree (Node-RED ${version})`);
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });
  });
}
