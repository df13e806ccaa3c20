/** Three virtual boards learn in front of a person who pulls the cable of one of them and puts it back. */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { nodesOf, readExample, theNode } from '../../scripts/lib/example';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type Editor, type EditorPage, launchBrowser, openEditor } from './editor';

declare const RED: Editor;

/** The drawing of a board among gateways, with a board for each gateway. */
function threeBoards() {
  const flow = readExample('14 - A board beside two gateways.json');
  const board = theNode(flow, 'fl-serial-device');
  for (const client of nodesOf(flow, 'fl-client')) {
    const { id, x, y, g, name, client: own, wires } = client;
    const place = { id, x, y, g, name: name, client: own };
    Object.assign(client, board, place, { wires: [wires?.[0] ?? [], [], []] });
  }
  return flow;
}

/** Waits for a status line that says what is wanted. */
const says = (page: Page, node: string, wanted: string, timeout = 90_000): Promise<unknown> =>
  page.waitForFunction(
    ({ id, pattern }) => new RegExp(pattern).test(RED.nodes.node(id)?.status?.text ?? ''),
    { id: node, pattern: wanted },
    { polling: 100, timeout },
  );

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`three virtual boards in the editor of Node-RED ${version}`, function () {
    this.timeout(400_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;
    const flow = threeBoards();
    const [pulled, other] = nodesOf(flow, 'fl-serial-device');
    const rounds = theNode(flow, 'debug', 'rounds');
    const evaluator = theNode(flow, 'fl-evaluate');

    before(async () => {
      browser = await launchBrowser();
      nodeRed = await launchNodeRed({ version, flows: flow });
      editor = await openEditor(browser, nodeRed, { width: 1700, height: 700 });
      await editor.show(flow[0].id);
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const press = (name: string): Promise<void> =>
      editor.page
        .locator(`[id="${theNode(flow, 'inject', name).id}"] .red-ui-flow-node-button-button`)
        .click({ force: true });

    it('learn', async () => {
      await says(editor.page, rounds.id, '^round \\d+: 3 of 3');
      await says(editor.page, evaluator.id, '(F1|accuracy) (0\\.[89]|1)');
      await editor.screenshot(`three boards learn (Node-RED ${version})`);
    });

    it('one without its cable is red, and the rounds close without it', async () => {
      await press('unplug');
      await says(editor.page, pulled.id, '^unplugged$');
      const red = editor.page.locator(`[id="${pulled.id}"] .red-ui-flow-node-status-ring-red`);
      await red.waitFor({ state: 'visible', timeout: 5000 });
      await says(editor.page, rounds.id, '^round \\d+: 2 of 3');
      assert.match(await statusOf(other.id), /samples|round/);
      await editor.screenshot(`one board unplugged (Node-RED ${version})`);
    });

    it('comes back when it is plugged in, and takes part again', async () => {
      await press('plug');
      await says(editor.page, pulled.id, 'samples|round');
      await says(editor.page, rounds.id, '^round \\d+: 3 of 3');
      await press('worn?');
      await says(editor.page, theNode(flow, 'debug', 'the board says').id, '^worn \\(\\d+ %\\)');
      await editor.screenshot(`the board is back (Node-RED ${version})`);
      assert.deepEqual(editor.errors, []);
      // That a training was lost is an error, and the only one.
      const wrong = nodeRed.log().filter((line) => /\[error\]/.test(line));
      assert.deepEqual(
        wrong.filter((line) => !/The board is away: The cable/.test(line)),
        [],
      );
    });

    const statusOf = (node: string): Promise<string> =>
      editor.page.evaluate((id) => RED.nodes.node(id)?.status?.text ?? '', node);
  });
}
