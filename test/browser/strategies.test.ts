import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { defaultsOf, reasonAt } from './palette';

/** What each strategy asks for; the training asks for the proximal term where it goes with the strategy. */
const fields: Record<string, string[]> = {
  fedavg: ['proximal'],
  fedsgd: [],
  fedprox: ['mu'],
  scaffold: ['option', 'serverLearningRate'],
  fednova: ['proximal'],
  feddyn: ['alpha'],
  fedavgm: ['beta', 'serverLearningRate', 'proximal'],
  fedadagrad: ['beta1', 'tau', 'serverLearningRate', 'proximal'],
  fedadam: ['beta1', 'beta2', 'tau', 'serverLearningRate', 'proximal'],
  fedyogi: ['beta1', 'beta2', 'tau', 'serverLearningRate', 'proximal'],
  qfedavg: ['fairness', 'proximal'],
  ifca: ['groups', 'proximal'],
  clustered: ['eps1', 'eps2', 'minGroup', 'maxGroups', 'proximal'],
};
const all = [...new Set(Object.values(fields).flat())];

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`the strategies in the editor of Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;

    before(async () => {
      browser = await launchBrowser();
      nodeRed = await launchNodeRed({ version });
      const palette = await openEditor(browser, nodeRed);
      const { defaults } = (await defaultsOf(palette.page))['fl-aggregator'];
      await palette.close();
      // As an older version would have written it: without the parameters of strategies.
      const old = Object.fromEntries(Object.entries(defaults).filter(([name]) => !all.includes(name)));
      const flow: FlowNode[] = [
        { id: 'tab', type: 'tab', label: 'strategies' },
        { ...old, id: 'agg', type: 'fl-aggregator', z: 'tab', x: 250, y: 60, wires: [[], []] },
      ];
      await nodeRed.deploy(flow);
      editor = await openEditor(browser, nodeRed);
      await editor.show('tab');
      await editor.openDialogue('agg');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const shown = async (): Promise<string[]> => {
      const visible = await Promise.all(
        all.map((name) =>
          editor.page
            .locator(`.form-row:has(#node-input-${name})`)
            .last()
            .isVisible()
            .then((isVisible) => (isVisible ? [name] : [])),
        ),
      );
      return visible.flat().sort();
    };

    for (const [strategy, expected] of Object.entries(fields)) {
      it(`${strategy} shows its own fields, and no others`, async () => {
        await editor.page.locator('#node-input-strategy').selectOption(strategy);
        assert.deepEqual(await shown(), [...expected].sort());
        await editor.screenshot(`fl-aggregator ${strategy} (Node-RED ${version})`);
      });
    }

    it('says why an entry, or the strategy with the optimiser, is wrong', async () => {
      const strategy = editor.page.locator('#node-input-strategy');
      await strategy.selectOption('fedyogi');
      assert.match(await reasonAt(editor.page, 'beta2', '1'), /from 0 to below 1/);
      await strategy.selectOption('scaffold');
      await editor.page.locator('#node-input-optimizer').selectOption('adam');
      await editor.page.locator('#node-input-strategy.input-error').waitFor();
      await editor.page.locator('#node-input-optimizer').selectOption('sgd');
      await editor.page.locator('#node-input-strategy:not(.input-error)').waitFor();
      assert.deepEqual(editor.errors, []);
    });
  });
}
