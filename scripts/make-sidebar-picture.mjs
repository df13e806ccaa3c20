// Makes docs/images/sidebar.png: the sidebar while the six cameras of example 09 learn and one of them lies. Needs Chromium.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const require = createRequire(import.meta.url);
const { launchNodeRed } = require(join(root, 'dist/scripts/lib/node-red-process.js'));
const { launchBrowser, openEditor } = require(join(root, 'dist/test/browser/editor.js'));
const { groupsWithLiar } = require(join(root, 'dist/test/process/camera-kills.js'));

const userDir = mkdtempSync(join(tmpdir(), 'fl-picture-'));
const flows = groupsWithLiar.flows();
flows.find(({ type }) => type === 'fl-aggregator').pause = '0.3';
const nodeRed = await launchNodeRed({ version: 4, userDir, flows });
const browser = await launchBrowser();
try {
  const { page } = await openEditor(browser, nodeRed, { width: 1200, height: 1240 });
  await page.evaluate(() => globalThis.RED.actions.invoke('fl-tinyml:show-federations'));
  const sidebar = page.locator('.fl-side');
  await sidebar.locator('li[data-client="client-2"]').waitFor({ timeout: 120_000 });
  await page.waitForTimeout(6000);
  await sidebar.screenshot({ path: join(root, 'docs/images/sidebar.png') });
} finally {
  await browser.close();
  await nodeRed.stop();
  rmSync(userDir, { recursive: true, force: true });
}
