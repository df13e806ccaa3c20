/** Every example of the package, as a user imports it. A file for each version has it run, so that both run side by side. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { exampleFiles } from '../../scripts/lib/example';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { hasLearned } from './learning';
import { complaints } from './palette';

const title = (file: string): string => file.replace(/\.json$/, '');

export function examplesRun(version: NodeRedVersion): void {
  describe(`the examples in the editor of Node-RED ${version}`, function () {
    this.timeout(400_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;
    before(async () => {
      browser = await launchBrowser();
    });
    beforeEach(async () => {
      nodeRed = await launchNodeRed({ version });
      editor = await openEditor(browser, nodeRed, { width: 1900, height: 900 });
    });
    afterEach(async function () {
      if (this.currentTest?.state === 'failed') await editor.screenshot(`failed-${version}-${this.currentTest.title}`);
      await editor.close();
      await nodeRed.stop();
    });
    after(() => browser.close());

    for (const file of exampleFiles()) {
      it(`${title(file)}: imported by the dialogue, deployed, it runs`, async () => {
        await editor.importExample(file);
        await editor.deploy();
        await editor.showLast();
        assert.deepEqual(await complaints(editor.page), []);
        await hasLearned(editor.page);
        await editor.page.waitForTimeout(500);
        await editor.screenshot(`${title(file)} (Node-RED ${version})`);
        assert.deepEqual(editor.errors, []);
        const wrong = nodeRed.log().filter((line) => /\[error\]/.test(line));
        assert.deepEqual(wrong, []);
      });
    }
  });
}
