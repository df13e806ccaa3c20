import assert from 'node:assert/strict';
import { older, onBothVersions } from './on-both-versions';
import { complaints, reasonAt, shownOf } from './palette';

onBothVersions(
  'secure aggregation',
  (known) => {
    const old = older(known, 'fl-aggregator', (field) => field.startsWith('secure'));
    return [
      { ...known['fl-model'].defaults, id: 'm', type: 'fl-model', labels: 'a, b', inputShape: '2' },
      { ...old, id: 'agg', type: 'fl-aggregator', z: 'tab', x: 250, y: 60, model: 'm', wires: [[], []] },
    ];
  },
  (at) => {
    it('an aggregator of an older flow is as it was', async () => {
      assert.deepEqual(await complaints(at.editor.page), []);
    });

    it('fl-aggregator shows of secure aggregation what it has, and says what does not go with it', async () => {
      await at.editor.openDialogue('agg');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const fields = ['secure', 'secureClip', 'secureMaxSamples', 'secureThreshold', 'secureNeighbours'];
      const shown = () => shownOf(form, fields);
      const wrong = form.locator('#node-input-secure.input-error');
      assert.deepEqual(await shown(), ['secure']);
      await form.locator('#node-input-secure').selectOption('on');
      assert.deepEqual(await shown(), fields);
      // A quorum of 2 is too few.
      await wrong.waitFor();
      for (const field of ['minClients', 'quorum']) {
        const typed = form.locator(`#node-input-${field}`).locator('xpath=following-sibling::div').first();
        await typed.locator('input:visible').first().fill('3');
        await typed.locator('input:visible').first().press('Tab');
      }
      await wrong.waitFor({ state: 'detached' });
      await at.editor.screenshot(`fl-aggregator secure (Node-RED ${at.version})`);
      for (const [field, bad, good] of [
        ['rule', 'median', 'mean'],
        ['strategy', 'scaffold', 'fedavg'],
        ['timing', 'late', 'rounds'],
      ]) {
        await form.locator(`#node-input-${field}`).selectOption(bad);
        await wrong.waitFor();
        await form.locator(`#node-input-${field}`).selectOption(good);
        await wrong.waitFor({ state: 'detached' });
      }
      assert.match(await reasonAt(at.editor.page, 'secureThreshold', '100'), /50 to below 100/);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });
  },
);
