/** The dialogues of nodes that sign: a pair of keys is made, its public half handed on, and what is trusted kept. */
import assert from 'node:assert/strict';
import type { Browser, Locator } from 'playwright-core';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { complaints, defaultsOf } from './palette';

interface Trusting {
  trusted?: { client: string; key: string }[];
}
declare const RED: { nodes: { node(id: string): Trusting | null } };

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`keys in the editor of Node-RED ${version}`, function () {
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
      const fresh = (type: string, y: number) => {
        const { defaults, outputs } = known[type];
        return { ...defaults, id: type, type, z: 'tab', x: 250, y, wires: Array.from({ length: outputs }, () => []) };
      };
      await nodeRed.deploy([
        { id: 'tab', type: 'tab', label: 'keys' },
        fresh('fl-wire', 60),
        fresh('fl-secure-mask', 120),
      ]);
      editor = await openEditor(browser, nodeRed);
      await editor.show('tab');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const trustedOf = (id: string) => editor.page.evaluate((node) => RED.nodes.node(node)?.trusted, id);
    const rows = (form: Locator): Locator => form.locator('#node-input-trusted-list .fl-keys-client');

    for (const [id, boxes] of [
      ['fl-wire', ['sign', 'requireSignature']],
      ['fl-secure-mask', ['sign']],
    ] as const) {
      it(`${id} makes a pair of keys, and keeps those that it trusts`, async () => {
        await editor.openDialogue(id);
        const form = editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
        assert.equal(await form.locator('#node-input-publicKey').isVisible(), false);
        for (const box of boxes) await form.locator(`#node-input-${box}`).check();
        await form.locator('#node-input-signAs').fill('plant-1');
        await form.locator('#fl-keys-generate').click();
        const made = form.locator('#node-input-publicKey');
        await editor.page.waitForFunction(
          (field) => String((document.querySelector(field) as HTMLInputElement | null)?.value).startsWith('MCowBQ'),
          '#node-input-publicKey',
        );
        const key = await made.inputValue();
        await form.locator('.red-ui-editableList-addButton').first().click();
        await rows(form).first().fill('plant-1');
        await form.locator('#node-input-trusted-list .fl-keys-public').first().fill(key);
        await editor.screenshot(`${id} keys (Node-RED ${version})`);
        await editor.closeDialogue('ok');
        assert.deepEqual(await trustedOf(id), [{ client: 'plant-1', key }]);
        assert.deepEqual(await complaints(editor.page), []);
        // What it trusts is there when it is opened again.
        await editor.openDialogue(id);
        assert.equal(await rows(form).first().inputValue(), 'plant-1');
        await editor.closeDialogue('cancel');
        assert.deepEqual(editor.errors, []);
      });
    }
  });
}
