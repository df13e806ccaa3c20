import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { complaints, defaultsOf, reasonAt } from './palette';

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`secure aggregation in the editor of Node-RED ${version}`, function () {
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
      // As an older version would have written it.
      const { defaults } = known['fl-aggregator'];
      const old = Object.fromEntries(Object.entries(defaults).filter(([name]) => !name.startsWith('secure')));
      await nodeRed.deploy([
        { id: 'tab', type: 'tab', label: 'secure' },
        { ...known['fl-model'].defaults, id: 'm', type: 'fl-model', labels: 'a, b', inputShape: '2' },
        { ...old, id: 'agg', type: 'fl-aggregator', z: 'tab', x: 250, y: 60, model: 'm', wires: [[], []] },
      ]);
      editor = await openEditor(browser, nodeRed);
      await editor.show('tab');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    it('an aggregator of an older flow is as it was', async () => {
      assert.deepEqual(await complaints(editor.page), []);
    });

    it('fl-aggregator shows of secure aggregation what it has, and says what does not go with it', async () => {
      await editor.openDialogue('agg');
      const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const fields = ['secure', 'secureClip', 'secureMaxSamples', 'secureThreshold', 'secureNeighbours'];
      const shown = async (): Promise<string[]> => {
        const found = await Promise.all(
          fields.map((name) => form.locator(`.form-row:visible > label[for="node-input-${name}"]`).count()),
        );
        return fields.filter((_, i) => found[i] > 0);
      };
      const wrong = form.locator('#node-input-secure.input-error');
      assert.deepEqual(await shown(), ['secure']);
      await form.locator('#node-input-secure').selectOption('on');
      assert.deepEqual(await shown(), fields);
      // A quorum of 2 is too few.
      await wrong.waitFor();
      for (const field of ['minClients', 'quorum']) {
        const typed = form.locator(`#node-input-${field}`).locator('xpath=following-sibling::div').first();
        await typed.locator('input:visible').first().fill('3');
        await typed.locator('input:visible').first().press('Tab');
      }
      await wrong.waitFor({ state: 'detached' });
      await editor.screenshot(`fl-aggregator secure (Node-RED ${version})`);
      for (const [field, bad, good] of [
        ['rule', 'median', 'mean'],
        ['strategy', 'scaffold', 'fedavg'],
        ['timing', 'late', 'rounds'],
      ]) {
        await form.locator(`#node-input-${field}`).selectOption(bad);
        await wrong.waitFor();
        await form.locator(`#node-input-${field}`).selectOption(good);
        await wrong.waitFor({ state: 'detached' });
      }
      assert.match(await reasonAt(editor.page, 'secureThreshold', '100'), /50 to below 100/);
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });
  });
}
