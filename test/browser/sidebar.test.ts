/** The operator's view: opened, read, used by mouse and keyboard, through restarts, and with a thousand clients. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import {
  launchNodeRed,
  makeUserDir,
  type NodeRedProcess,
  type NodeRedVersion,
} from '../../scripts/lib/node-red-process';
import { groupsWithLiar } from '../process/camera-kills';
import { type Editor, type EditorPage, launchBrowser, openEditor } from './editor';

declare const RED: Editor & { settings: { user?: { permissions: string } } };
declare const document: {
  documentElement: { classList: { add(name: string): void } };
};
declare const requestAnimationFrame: (then: (value: unknown) => void) => void;

const open = (editor: EditorPage): Promise<void> =>
  editor.page.evaluate(() => RED.actions.invoke('fl-tinyml:show-federations'));
const sidebar = (editor: EditorPage): Locator => editor.page.locator('.fl-side');
const fact = (editor: EditorPage, name: string): Locator => sidebar(editor).locator(`[data-fact="${name}"]`);

const HOSTILE = 'board-<img src=x onerror="window.hurt=1">';

/** A thousand clients that come from outside: an inject that sends their joins in small portions. */
const crowd = (model: string, aggregator: string, z: string) => [
  {
    id: 'crowd',
    type: 'function',
    z,
    x: 100,
    y: 100,
    outputs: 1,
    func: `for (let i = 1; i < 1000; i++) node.send({ fl: { kind: 'join', federation: 'crowd', model: msg.fl.model, round: msg.fl.round, client: 'board-' + i, samples: i }, payload: Buffer.alloc(0) });
node.send({ fl: { kind: 'join', federation: 'crowd', model: msg.fl.model, round: msg.fl.round, client: ${JSON.stringify(HOSTILE)}, samples: 1 }, payload: Buffer.alloc(0) });`,
    wires: [[aggregator]],
  },
  {
    id: aggregator,
    type: 'fl-aggregator',
    z,
    x: 300,
    y: 100,
    name: 'Crowd',
    federation: 'crowd',
    model,
    minClients: '1001',
    wires: [['crowd'], []],
  },
];

/** Looks that the sidebar has taken from now on, when it has taken `count`. */
const looks = async ({ page }: EditorPage, count: number): Promise<void> => {
  for (let left = count; left > 0; left--) {
    await page.waitForResponse((answer) => answer.url().includes('fl-tinyml/federations'));
  }
};

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`the sidebar in the editor of Node-RED ${version}`, function () {
    this.timeout(240_000);
    const userDir = makeUserDir();
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    const flows = groupsWithLiar.flows();
    const aggregator = flows.find(({ type }) => type === 'fl-aggregator');
    assert.ok(aggregator);
    aggregator.pause = '0.5';
    const { z = '', model } = aggregator;
    const pages: EditorPage[] = [];
    /** A browser that has never been here, with the sidebar open. */
    const visit = async (wish?: Parameters<typeof openEditor>[2]): Promise<EditorPage> => {
      const editor = await openEditor(browser, nodeRed, wish);
      pages.push(editor);
      await open(editor);
      return editor;
    };
    before(async () => {
      nodeRed = await launchNodeRed({ version, userDir });
      browser = await launchBrowser();
    });
    // Each test finds these flows, and a federation that has gone on since the one before.
    beforeEach(() => nodeRed.deploy(flows));
    afterEach(async () => {
      for (const page of pages.splice(0)) await page.close();
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
      rmSync(userDir, { recursive: true, force: true });
    });

    it('shows the only federation, leads to its nodes, and does what the operator says', async () => {
      const editor = await visit();
      const { page } = editor;
      const line = sidebar(editor).locator('.fl-side-head');
      await line.waitFor();
      assert.equal(await line.getAttribute('aria-expanded'), 'true');
      assert.match(await line.innerText(), /Server \(cameras\)/);
      // With its curves, its clients and who is in quarantine.
      await sidebar(editor).locator('li[data-client="client-2"]').waitFor();
      const titles = await sidebar(editor).locator('.fl-side-chart-title:visible').allInnerTexts();
      assert.deepEqual(titles, [
        'Loss of the training',
        'Accuracy: upright pictures',
        'Accuracy: turned pictures',
        'Norm of the change',
      ]);
      assert.equal(await sidebar(editor).locator('.fl-side-row').count(), 6);
      assert.match(await fact(editor, 'bytes').innerText(), /\d [kM]B up, [\d.]+ [kM]B down/);
      await sidebar(editor).locator('[data-code="quarantined"]').waitFor();
      await editor.screenshot(`sidebar (Node-RED ${version})`);

      // Any round of a curve can be read by arrow keys.
      const plot = sidebar(editor).locator('.fl-side-plot').first();
      await plot.focus();
      await page.keyboard.press('Home');
      assert.match((await plot.getAttribute('aria-valuetext')) ?? '', /^round 1: [\d.]+$/);
      await page.keyboard.press('ArrowRight');
      assert.match(await sidebar(editor).locator('figcaption').first().innerText(), /round 2: /);

      // The nodes of a client and of the aggregator.
      const gateway = flows.find(({ type, client }) => type === 'fl-client' && client === 'client-3');
      const marked = page.locator('g[id]:has(.red-ui-flow-node-highlighted), g[id].red-ui-flow-node-highlighted');
      await sidebar(editor).locator('[data-client="client-3"] button').click();
      await marked.first().waitFor();
      assert.equal(await marked.first().getAttribute('id'), gateway?.id);
      await marked.first().waitFor({ state: 'detached' });
      await sidebar(editor).getByRole('button', { name: 'Show node' }).click();
      await marked.first().waitFor();
      assert.equal(await marked.first().getAttribute('id'), aggregator.id);

      // A client is let back; the federation pauses, does one round and goes on.
      await sidebar(editor).getByRole('button', { name: 'Let client-2 back' }).click();
      await sidebar(editor).locator('li[data-client="client-2"]').waitFor({ state: 'detached' });
      const phase = sidebar(editor).locator('.fl-side-phase');
      await sidebar(editor).getByRole('button', { name: 'Pause', exact: true }).click();
      await phase.filter({ hasText: 'paused before round' }).waitFor();
      const round = Number(await fact(editor, 'rounds').innerText());
      const step = sidebar(editor).getByRole('button', { name: 'One round' });
      await step.focus();
      await page.keyboard.press('Enter');
      await fact(editor, 'rounds')
        .filter({ hasText: `${round + 1}` })
        .waitFor();
      await phase.filter({ hasText: `paused before round ${round + 1}` }).waitFor();
      assert.equal(
        await sidebar(editor).getByRole('button', { name: 'Pause', exact: true }).getAttribute('aria-disabled'),
        'true',
      );
      await sidebar(editor).getByRole('button', { name: 'Start', exact: true }).click();
      await phase.filter({ hasNotText: 'paused' }).waitFor();

      // It begins anew only after a question.
      const reset = sidebar(editor).getByRole('button', { name: 'Reset', exact: true });
      const question = page.locator('.red-ui-notification:visible').filter({ hasText: 'Forget all' });
      await reset.click();
      await question.getByRole('button', { name: 'Cancel' }).click();
      await question.waitFor({ state: 'hidden' });
      assert.ok(Number(await fact(editor, 'rounds').innerText()) > round, 'nothing is forgotten');
      assert.ok(round >= 4);
      await reset.click();
      await question.getByRole('button', { name: 'Reset' }).click();
      await page.waitForFunction(
        () =>
          Number((globalThis as unknown as { $: (s: string) => { text(): string } }).$('[data-fact="rounds"]').text()) <
          4,
      );
      assert.deepEqual(editor.errors, []);
    });

    it('asks for nothing while nobody looks', async () => {
      const editor = await visit();
      await sidebar(editor).locator('.fl-side-head').waitFor();
      let asked = 0;
      editor.page.on('request', (request) => {
        if (request.url().includes('fl-tinyml/federations')) asked++;
      });
      await editor.page.evaluate(() => RED.sidebar.show('info'));
      await sidebar(editor).waitFor({ state: 'hidden' });
      // The browser tells what is out of sight with the next picture.
      await editor.page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      asked = 0;
      // It would have asked every two seconds.
      await editor.page.waitForTimeout(5000);
      assert.equal(asked, 0);
      await Promise.all([looks(editor, 2), open(editor)]);
      assert.deepEqual(editor.errors, []);
    });

    it('holds a thousand clients with the elements of a screen, finds one, and knows the next time what was open', async () => {
      const editor = await visit();
      await nodeRed.deploy([...flows, ...crowd(String(model), 'crowd-server', z)]);
      const line = sidebar(editor).locator('[data-id="crowd-server"]');
      await line.locator('.fl-side-head').click();
      await line.getByText('1000 clients', { exact: true }).waitFor();
      const other = sidebar(editor).locator(`[data-id="${aggregator.id}"]`);
      assert.equal(await other.locator('.fl-side-body').count(), 0, 'one is open at a time');
      // Who is in quarantine does not come back by itself.
      assert.match(await other.locator('.fl-side-figures').innerText(), /clients: (5 of )?6 /);
      const rows = line.locator('.fl-side-row');
      assert.ok((await rows.count()) < 40, `${await rows.count()} rows`);
      await line.getByRole('listitem').filter({ hasText: HOSTILE }).waitFor();
      assert.equal(await line.locator('img').count(), 0, 'a name is a text, whatever stands in it');
      await rows.first().locator('button').focus();
      await editor.page.keyboard.press('End');
      await line.locator('[data-client="board-999"]').waitFor();
      assert.equal(
        await line
          .locator('button:focus')
          .getAttribute('title')
          .then((title) => title?.split('\n')[0]),
        'board-999',
      );
      assert.ok((await rows.count()) < 40, `${await rows.count()} rows`);
      await line.getByRole('searchbox').fill('board-77');
      await line.getByText('11 of 1000 clients').waitFor();
      await editor.screenshot(`sidebar, a thousand clients (Node-RED ${version})`);

      await editor.page.reload();
      await editor.page.waitForFunction(() => typeof RED === 'object' && RED.nodes.getType('fl-model'));
      await editor.page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
      await open(editor);
      const body = sidebar(editor).locator('.fl-side-body');
      await body.waitFor();
      assert.equal(await body.getAttribute('id'), 'fl-side-body-crowd-server');
    });

    it('says that Node-RED is gone, and goes on when it is back', async () => {
      const editor = await visit();
      await sidebar(editor).locator('.fl-side-head').waitFor();
      await nodeRed.kill();
      await sidebar(editor).getByText('Node-RED does not answer').waitFor();
      const port = Number(new URL(nodeRed.url).port);
      rmSync(join(userDir, 'settings.js'));
      nodeRed = await launchNodeRed({ version, userDir, port });
      assert.equal(new URL(nodeRed.url).port, String(port));
      await sidebar(editor).getByText('Node-RED does not answer').waitFor({ state: 'hidden' });
      await nodeRed.deploy([]);
      await sidebar(editor).getByText('There is no federation here yet').waitFor();
      assert.equal(await sidebar(editor).locator('.fl-side-federation').count(), 0);
      await sidebar(editor).getByRole('button', { name: 'Import an example' }).click();
      await editor.page.locator('.ui-dialog:visible').waitFor();
      await editor.page.keyboard.press('Escape');
    });

    it('offers what changes a federation only to those who may', async () => {
      const reader = await openEditor(browser, nodeRed);
      pages.push(reader);
      await reader.page.evaluate(() => {
        RED.settings.user = { permissions: 'read' };
      });
      await open(reader);
      const head = sidebar(reader).locator('.fl-side-head');
      const node = sidebar(reader).getByRole('button', { name: 'Show node' });
      await node.waitFor();
      // It may have been open already when the user was still another.
      await head.click();
      await node.waitFor({ state: 'detached' });
      await head.click();
      await node.waitFor();
      const names = await sidebar(reader).getByRole('group').getByRole('button').allInnerTexts();
      assert.deepEqual(
        names.map((name) => name.trim()),
        ['Show node'],
      );
    });

    it('fits a narrow sidebar and the dark theme', async () => {
      const dark = await visit({ colorScheme: 'dark', width: 1000, height: 1100 });
      await dark.page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'));
      await sidebar(dark).locator('.fl-side-row').first().waitFor();
      await sidebar(dark).evaluate((one) => {
        (one as unknown as { style: { width: string } }).style.width = '180px';
      });
      // Drawn anew, with what is told now.
      await looks(dark, 2);
      const [inner, outer] = await sidebar(dark).evaluate((one) => {
        const { scrollWidth, clientWidth } = one as unknown as { scrollWidth: number; clientWidth: number };
        return [scrollWidth, clientWidth];
      });
      assert.ok(inner <= outer, `${inner} wide in ${outer}`);
      await dark.screenshot(`sidebar, narrow and dark (Node-RED ${version})`);
      assert.deepEqual(dark.errors, []);
    });
  });
}
