// Makes docs/images/factory.png, the drawing of example 01 when it has learned, and docs/images/sidebar.png, the sidebar while the
// six cameras of example 09 learn and one of them lies. Needs Chromium.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const require = createRequire(import.meta.url);
const { factoryExample, nodesOf, readExample } = require(join(root, 'dist/scripts/lib/example.js'));
const { launchNodeRed } = require(join(root, 'dist/scripts/lib/node-red-process.js'));
const { launchBrowser, openEditor } = require(join(root, 'dist/test/browser/editor.js'));
const { groupsWithLiar } = require(join(root, 'dist/test/process/camera-kills.js'));

const browser = await launchBrowser();

/** `take(page, path)` of an editor on `flows`, of `size`. */
async function picture(name, flows, size, take) {
  const userDir = mkdtempSync(join(tmpdir(), 'fl-picture-'));
  const nodeRed = await launchNodeRed({ version: 4, userDir, flows });
  try {
    const { page } = await openEditor(browser, nodeRed, size);
    await take(page, join(root, 'docs/images', `${name}.png`));
  } finally {
    await nodeRed.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
}

const textUnder = (page, id, wanted) =>
  page.waitForFunction(
    ([node, text]) => globalThis.RED.nodes.node(node)?.status?.text?.startsWith(text),
    [id, wanted],
    { timeout: 180_000 },
  );

try {
  const factory = readExample(factoryExample);
  await picture('factory', factory, { width: 2060, height: 860 }, async (page, path) => {
    const [evaluator] = nodesOf(factory, 'fl-evaluate');
    await textUnder(page, nodesOf(factory, 'fl-aggregator')[0].id, '20 rounds');
    await textUnder(page, evaluator.id, 'F1');
    await page.evaluate(() => globalThis.RED.actions.invoke('core:toggle-sidebar'));
    await page.waitForTimeout(2000);
    const { x, y } = await page.locator('#red-ui-workspace-chart').boundingBox();
    await page.screenshot({ path, clip: { x, y, width: 1725, height: 700 } });
  });

  const cameras = groupsWithLiar.flows();
  cameras.find(({ type }) => type === 'fl-aggregator').pause = '0.3';
  await picture('sidebar', cameras, { width: 1200, height: 1240 }, async (page, path) => {
    await page.evaluate(() => globalThis.RED.actions.invoke('fl-tinyml:show-federations'));
    const sidebar = page.locator('.fl-side');
    await sidebar.locator('li[data-client="client-2"]').waitFor({ timeout: 120_000 });
    await page.waitForTimeout(6000);
    await sidebar.screenshot({ path });
  });
} finally {
  await browser.close();
}
