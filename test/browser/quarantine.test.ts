import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { groupsWithLiar } from '../process/camera-kills';
import type { Heard } from '../process/heard';
import { launchBrowser, openEditor } from './editor';

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`the quarantine of a running federation in the editor of Node-RED ${version}`, function () {
    this.timeout(400_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    it('shows who is out and why while the dialogue is open, and lets it back', async () => {
      const flows = groupsWithLiar.flows();
      const aggregator = flows.find(({ type }) => type === 'fl-aggregator');
      assert.ok(aggregator);
      aggregator.pause = '0.5';
      let isOut = (): void => {};
      const out = new Promise<void>((resolve) => {
        isOut = resolve;
      });
      const heard = (message: Heard): void => {
        if (message.kind === 'round' && message.told?.includes('"quarantined":["client-2"]')) isOut();
      };
      nodeRed = await launchNodeRed({ version, flows, onReport: (value) => heard(value as Heard) });
      browser = await launchBrowser();
      const editor = await openEditor(browser, nodeRed);
      await editor.openDialogue(aggregator.id);
      const list = editor.page.locator('#fl-aggregator-quarantine');
      await list.scrollIntoViewIfNeeded();
      await out;
      const row = list.locator('[data-client="client-2"]');
      await row.waitFor();
      assert.match(
        await row.innerText(),
        /client-2[\s\S]*since round \d+, rejected in \d+ rounds[\s\S]*above the bound/,
      );
      await editor.screenshot(`fl-aggregator quarantine (Node-RED ${version})`);
      await row.getByText('Let back').click();
      await list.getByText('Nobody is in quarantine.').waitFor();
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });
  });
}
