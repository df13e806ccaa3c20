import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { defaultsOf, reasonAt } from './palette';

const training = ['adversarialEpsilon', 'adversarialSteps', 'adversarialShare'];
const figure = ['strengths', 'attackSteps', 'attacked'];

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`robust models in the editor of Node-RED ${version}`, function () {
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
      // As an older version would have written them.
      const old = (type: string): Record<string, unknown> =>
        Object.fromEntries(
          Object.entries(known[type].defaults).filter(
            ([name]) => !/^(adversarial|lipschitz|robustness|strengths|attack)/.test(name),
          ),
        );
      const model: FlowNode = {
        ...known['fl-model'].defaults,
        id: 'numbers',
        type: 'fl-model',
        task: 'regress',
        inputShape: '2',
        outputs: '1',
      };
      const flow: FlowNode[] = [
        { id: 'tab', type: 'tab', label: 'robust' },
        model,
        { ...old('fl-aggregator'), id: 'agg', type: 'fl-aggregator', z: 'tab', x: 250, y: 60, wires: [[], []] },
        { ...old('fl-evaluate'), id: 'eval', type: 'fl-evaluate', z: 'tab', x: 250, y: 120, wires: [[]] },
        {
          ...old('fl-evaluate'),
          id: 'none',
          type: 'fl-evaluate',
          z: 'tab',
          x: 250,
          y: 180,
          model: 'numbers',
          wires: [[]],
        },
      ];
      await nodeRed.deploy(flow);
      editor = await openEditor(browser, nodeRed);
      await editor.show('tab');
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const shown = async (names: string[]): Promise<string[]> => {
      const rows = names.map((name) => editor.page.locator(`.form-row:has(#node-input-${name})`).last());
      const visible = await Promise.all(rows.map((row) => row.isVisible()));
      return names.filter((_, i) => visible[i]);
    };

    it('fl-aggregator asks for what the chosen attack has, and says what is wrong', async () => {
      await editor.openDialogue('agg');
      const choice = editor.page.locator('#node-input-adversarial');
      assert.equal(await choice.inputValue(), 'none');
      assert.deepEqual(await shown(training), []);
      await choice.selectOption('fgsm');
      assert.deepEqual(await shown(training), ['adversarialEpsilon', 'adversarialShare']);
      await choice.selectOption('pgd');
      assert.deepEqual(await shown(training), training);
      await editor.screenshot(`fl-aggregator robust (Node-RED ${version})`);
      assert.match(await reasonAt(editor.page, 'adversarialEpsilon', '0'), /above 0/);
      await editor.page.locator('#node-input-strategy').selectOption('fedsgd');
      await editor.page.locator('#node-input-adversarial.input-error').waitFor();
      await editor.page.locator('#node-input-strategy').selectOption('fedavg');
      await editor.page.locator('#node-input-adversarial:not(.input-error)').waitFor();
      await editor.closeDialogue('cancel');
    });

    it('fl-evaluate asks for strengths when robustness is wanted, of classifiers alone', async () => {
      await editor.openDialogue('eval');
      assert.deepEqual(await shown(['robustness', ...figure]), ['robustness']);
      await editor.page.locator('#node-input-robustness').check();
      assert.deepEqual(await shown(figure), figure);
      assert.equal(await editor.page.locator('#node-input-strengths').inputValue(), '0.1, 0.2, 0.4');
      await editor.screenshot(`fl-evaluate robust (Node-RED ${version})`);
      await editor.closeDialogue('cancel');
      await editor.openDialogue('none');
      assert.deepEqual(await shown(['robustness', ...figure]), []);
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });
  });
}
