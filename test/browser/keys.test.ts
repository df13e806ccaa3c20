/** The dialogues of nodes that sign: a pair of keys is made, its public half handed on, and what is trusted kept. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { fresh, onBothVersions } from './on-both-versions';
import { complaints } from './palette';

interface Trusting {
  trusted?: { client: string; key: string }[];
}
declare const RED: { nodes: { node(id: string): Trusting | null } };

onBothVersions(
  'keys',
  (known) => [fresh(known, 'fl-wire', 60), fresh(known, 'fl-secure-mask', 120)],
  (at) => {
    const trustedOf = (id: string) => at.editor.page.evaluate((node) => RED.nodes.node(node)?.trusted, id);
    const rows = (form: Locator): Locator => form.locator('#node-input-trusted-list .fl-keys-client');

    for (const [id, boxes] of [
      ['fl-wire', ['sign', 'requireSignature']],
      ['fl-secure-mask', ['sign']],
    ] as const) {
      it(`${id} makes a pair of keys, and keeps those that it trusts`, async () => {
        await at.editor.openDialogue(id);
        const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
        assert.equal(await form.locator('#node-input-publicKey').isVisible(), false);
        for (const box of boxes) await form.locator(`#node-input-${box}`).check();
        await form.locator('#node-input-signAs').fill('plant-1');
        await form.locator('#fl-keys-generate').click();
        const made = form.locator('#node-input-publicKey');
        await at.editor.page.waitForFunction(
          (field) => String((document.querySelector(field) as HTMLInputElement | null)?.value).startsWith('MCowBQ'),
          '#node-input-publicKey',
        );
        const key = await made.inputValue();
        await form.locator('.red-ui-editableList-addButton').first().click();
        await rows(form).first().fill('plant-1');
        await form.locator('#node-input-trusted-list .fl-keys-public').first().fill(key);
        await at.editor.screenshot(`${id} keys (Node-RED ${at.version})`);
        await at.editor.closeDialogue('ok');
        assert.deepEqual(await trustedOf(id), [{ client: 'plant-1', key }]);
        assert.deepEqual(await complaints(at.editor.page), []);
        // What it trusts is there when it is opened again.
        await at.editor.openDialogue(id);
        assert.equal(await rows(form).first().inputValue(), 'plant-1');
        await at.editor.closeDialogue('cancel');
        assert.deepEqual(at.editor.errors, []);
      });
    }
  },
);
