/** What a person writes into the tables of fl-model and fl-dataset is what the node has after "Done". */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';

declare const RED: { nodes: { node(id: string): Record<string, unknown> } };

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`tables in the editor of Node-RED ${version}`, function () {
    this.timeout(400_000);
    let browser: Browser;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;
    before(async () => {
      browser = await launchBrowser();
      nodeRed = await launchNodeRed({
        version,
        flows: [
          { id: 'tab', type: 'tab', label: 'tables' },
          { id: 'model', type: 'fl-model', name: '', labels: 'no, yes', inputShape: '16 x 3', layers: [] },
          { id: 'head', type: 'fl-model', name: '', labels: 'no, yes', inputShape: '2', layers: [] },
          { id: 'data', type: 'fl-dataset', z: 'tab', x: 200, y: 100, name: '', source: 'shipped', wires: [[], []] },
          { id: 'server', type: 'fl-aggregator', z: 'tab', x: 500, y: 100, name: '', model: 'head', wires: [[], []] },
          { id: 'figures', type: 'fl-evaluate', z: 'tab', x: 500, y: 200, name: '', model: 'odd', wires: [[]] },
          { id: 'odd', type: 'fl-model', name: '', task: 'anomaly', labels: '', inputShape: '2', layers: [] },
          { id: 'sorted', type: 'fl-evaluate', z: 'tab', x: 500, y: 300, name: '', model: 'model', wires: [[]] },
          {
            id: 'unlike',
            type: 'fl-dataset',
            z: 'tab',
            x: 200,
            y: 300,
            name: '',
            source: 'shipped',
            shipped: 'factory-train.csv',
            features: [{ columns: 's2', kind: 'value' }],
            start: 'message',
            wires: [[], []],
          },
        ],
      });
      editor = await openEditor(browser, nodeRed);
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });
    const saved = (id: string, fields: string[]): Promise<unknown> =>
      editor.page.evaluate(
        ([node, wanted]) =>
          Object.fromEntries((wanted as string[]).map((field) => [field, RED.nodes.node(node as string)[field]])),
        [id, fields] as const,
      );

    it('fl-model: layers, each with its own fields, and what they cost', async () => {
      const { page } = editor;
      await editor.openDialogue('model');
      const tray = page.locator('.red-ui-tray').last();
      const add = tray.locator('.red-ui-editableList-addButton:visible');
      const row = (index: number) => tray.locator('.red-ui-editableList-item-content:visible').nth(index);
      await add.click();
      await row(0).locator('.fl-model-type').selectOption('conv1d');
      await row(0).locator('[data-fl-field="filters"]').fill('4');
      await row(0).locator('[data-fl-field="kernelSize"]').fill('5');
      await add.click();
      await row(1).locator('[data-fl-field="units"]').fill('8');
      const summary = page.locator('#fl-model-summary');
      // A dense layer after a convolution needs a flatten between: said while one types.
      await summary.getByText(/flatten/).waitFor();
      await row(1).locator('.fl-model-type').selectOption('flatten');
      // 5 * 3 * 4 + 4 of the convolution, 12 * 4 * 2 + 2 of the output.
      await summary.getByText('162 parameters, 648 bytes').waitFor();
      await editor.closeDialogue('ok');
      const { layers } = (await saved('model', ['layers'])) as { layers: Record<string, unknown>[] };
      assert.deepEqual(
        layers.map(({ type, filters, kernelSize }) => [type, filters, kernelSize]),
        [
          ['conv1d', 4, 5],
          ['flatten', undefined, undefined],
        ],
      );
      assert.deepEqual(editor.errors, []);
    });

    it('fl-model: a frozen backbone of the package, or a file; its outputs are what the layers take', async () => {
      const { page } = editor;
      await editor.openDialogue('head');
      const field = (name: string) => page.locator(`#node-config-input-${name}`).last();
      const summary = page.locator('#fl-model-summary');
      // 2 inputs to 2 outputs.
      await summary.getByText('6 parameters').waitFor();
      await field('backbone').selectOption('file');
      await summary.getByText(/Give the .tflite file/).waitFor();
      await field('backbone').selectOption('shipped');
      await field('backboneShipped').selectOption('voice-backbone.tflite');
      await summary.getByText(/gives 64 numbers, but the layers take 2/).waitFor();
      await field('inputShape').fill('');
      // 64 * 2 + 2 of the output; the backbone has none.
      await summary.getByText('130 parameters').waitFor();
      await summary.getByText('backbone, frozen').waitFor();
      await summary.getByText(/takes 160 numbers a sample; its file has 4,400 bytes/).waitFor();
      await editor.closeDialogue('ok');
      assert.deepEqual(await saved('head', ['backbone', 'backboneShipped', 'inputShape', 'valid']), {
        backbone: 'shipped',
        backboneShipped: 'voice-backbone.tflite',
        inputShape: '',
        valid: true,
      });
      assert.deepEqual(editor.errors, []);
    });

    it('fl-dataset: columns of the file, features, conditions, and an output for each client found in it', async () => {
      const { page } = editor;
      await editor.openDialogue('data');
      await page.locator('#node-input-shipped').selectOption('factory-train.csv');
      await page.getByText('Columns: plant, unit, cycle').waitFor();
      const add = page.locator('.red-ui-tray').last().locator('.red-ui-editableList-addButton:visible');
      await add.nth(0).click();
      await page.locator('.fl-feature-columns').fill('s2, s3');
      await page.locator('.fl-feature-kind').selectOption('mean');
      await page.locator('.fl-feature-window').fill('7');
      await add.nth(1).click();
      await page.locator('.fl-where-column').fill('cycle');
      await page.locator('#node-input-where-list input[type="text"]').last().fill('30');
      await page.locator('#node-input-split').selectOption('column');
      await page.locator('#node-input-clientColumn').fill('plant');
      await page.locator('#fl-dataset-find').click();
      await page.waitForFunction(() => {
        const input = document.querySelector('#node-input-clientNames');
        return input?.value.startsWith('plant-01, plant-02');
      });
      await editor.closeDialogue('ok');
      const node = (await saved('data', ['features', 'where', 'outputs', 'shipped'])) as Record<string, unknown>;
      const [feature] = node.features as Record<string, unknown>[];
      assert.deepEqual([feature.columns, feature.kind, feature.window], ['s2, s3', 'mean', '7']);
      assert.deepEqual(node.where, [{ column: 'cycle', operator: '=', value: '30' }]);
      assert.equal(node.outputs, 11);
      assert.deepEqual(editor.errors, []);
    });

    it('fl-dataset: each way to split shows its own fields, and how unlike its clients would be', async () => {
      const { page } = editor;
      await editor.openDialogue('unlike');
      const own = ['clientColumn', 'clients', 'alpha', 'least', 'shards', 'sizes', 'exponent', 'shift', 'strength'];
      const shown = async (split: string): Promise<string[]> => {
        await page.locator('#node-input-split').selectOption(split);
        const visible: string[] = [];
        for (const name of own) {
          const row = page.locator('.form-row').filter({ has: page.locator(`#node-input-${name}`) });
          if (await row.isVisible()) visible.push(name);
        }
        return visible;
      };
      assert.deepEqual(await shown('single'), []);
      assert.deepEqual(await shown('column'), ['clientColumn']);
      assert.deepEqual(await shown('iid'), ['clients']);
      assert.deepEqual(await shown('dirichlet'), ['clients', 'alpha', 'least']);
      assert.deepEqual(await shown('shards'), ['clients', 'shards']);
      assert.deepEqual(await shown('quantity'), ['clients', 'least', 'sizes', 'exponent']);
      await page.locator('#node-input-sizes').selectOption('dirichlet');
      assert.deepEqual(await shown('quantity'), ['clients', 'alpha', 'least', 'sizes']);
      assert.deepEqual(await shown('feature-shift'), ['clients', 'shift', 'strength']);

      await page.locator('#node-input-split').selectOption('shards');
      await page.locator('#node-input-labelKind').selectOption('end');
      await page.locator('#node-input-groupColumn').fill('unit');
      await page.locator('#node-input-classes').fill('healthy, failing');
      await page.locator('#fl-dataset-unlikeness').click();
      await page.getByText(/In size like 3\.0 of 3 clients/).waitFor();
      await page.locator('#fl-dataset-unlikeness-report').scrollIntoViewIfNeeded();
      await editor.screenshot(`unlike clients (Node-RED ${version})`);
      await page.locator('#node-input-report').check();
      await editor.closeDialogue('ok');
      // Three clients, what is held out, the report.
      assert.deepEqual(await saved('unlike', ['outputs', 'split', 'report']), {
        outputs: 5,
        split: 'shards',
        report: true,
      });
      assert.deepEqual(editor.errors, []);
    });

    const isShown = (field: string): Promise<boolean> =>
      editor.page
        .locator('.form-row')
        .filter({ has: editor.page.locator(`#node-${field}`) })
        .isVisible();
    const shownOf = async (fields: string[]): Promise<string[]> => {
      const visible = await Promise.all(fields.map((field) => isShown(`input-${field}`)));
      return fields.filter((_, i) => visible[i]);
    };

    it('fl-model, fl-aggregator: labels, class weights and thresholds are shown where they are needed', async () => {
      const { page } = editor;
      await editor.openDialogue('head');
      for (const [task, labels] of [
        ['multi-label', true],
        ['anomaly', false],
        ['classify', true],
      ] as const) {
        await page.locator('#node-config-input-task').selectOption(task);
        assert.equal(await isShown('config-input-labels'), labels, task);
      }
      await editor.closeDialogue('cancel');

      await editor.openDialogue('server');
      const weighting = ['classWeights', 'classWeightBeta', 'classWeightCap', 'countEvery', 'quantile'];
      assert.deepEqual(await shownOf(weighting), ['classWeights']);
      await page.locator('#node-input-classWeighting').selectOption('balanced');
      assert.deepEqual(await shownOf(weighting), ['classWeightCap', 'countEvery']);
      await page.locator('#node-input-classWeighting').selectOption('effective-number');
      await page.locator('#node-input-threshold').selectOption('quantile');
      assert.deepEqual(await shownOf(weighting), ['classWeightBeta', 'classWeightCap', 'countEvery', 'quantile']);
      await page.locator('#node-input-unlikeness').check();
      await editor.closeDialogue('ok');
      assert.deepEqual(await saved('server', ['classWeighting', 'threshold', 'quantile', 'unlikeness']), {
        classWeighting: 'effective-number',
        threshold: 'quantile',
        quantile: '0.995',
        unlikeness: true,
      });

      assert.deepEqual(editor.errors, []);
    });

    it('fl-evaluate: false alarms a day are asked for anomalies only', async () => {
      await editor.openDialogue('figures');
      assert.deepEqual(await shownOf(['positive', 'samplesPerDay']), ['positive', 'samplesPerDay']);
      await editor.closeDialogue('cancel');
      await editor.openDialogue('sorted');
      assert.deepEqual(await shownOf(['positive', 'samplesPerDay']), ['positive']);
      await editor.closeDialogue('cancel');
      assert.deepEqual(editor.errors, []);
    });
  });
}
declare const document: { querySelector(selector: string): { value: string } | null };
