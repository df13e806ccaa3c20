import assert from 'node:assert/strict';
import { older, onBothVersions } from './on-both-versions';
import { complaints, reasonAt, shownOf } from './palette';

onBothVersions(
  'privacy',
  (known) => {
    const first = ['name', 'mode', 'clippingNorm', 'noise', 'noiseMultiplier', 'targetEpsilon', 'releases', 'delta'];
    const old = older(known, 'fl-dp-noise', (field) => !first.includes(field));
    return [{ ...old, id: 'dp', type: 'fl-dp-noise', mode: 'central', z: 'tab', x: 250, y: 60, wires: [[], []] }];
  },
  (at) => {
    it('fl-dp-noise of an older flow is as it was, and shows of each choice what it has', async () => {
      assert.deepEqual(await complaints(at.editor.page), []);
      await at.editor.openDialogue('dp');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const adapts = ['quantile', 'step', 'rate', 'countNoise'];
      const fields = ['mechanism', 'clipping', ...adapts, 'samplingRate', 'accountant', 'participations', 'separation'];
      const shown = () => shownOf(form, fields);
      const cases: [Record<string, string>, string[]][] = [
        [{}, ['mechanism', 'clipping', 'samplingRate', 'accountant']],
        [{ clipping: 'adaptive' }, ['mechanism', 'clipping', ...adapts, 'samplingRate', 'accountant']],
        [{ mechanism: 'tree' }, ['mechanism', 'participations', 'separation']],
        [{ mode: 'local' }, []],
        [
          { mode: 'central', mechanism: 'gaussian' },
          ['mechanism', 'clipping', ...adapts, 'samplingRate', 'accountant'],
        ],
      ];
      for (const [choices, expected] of cases) {
        for (const [name, value] of Object.entries(choices)) {
          await form.locator(`#node-input-${name}`).selectOption(value);
        }
        assert.deepEqual(await shown(), expected, JSON.stringify(choices));
      }
      assert.match(await reasonAt(at.editor.page, 'quantile', '2'), /0 to 1/);
      // What the settings cost, as the runtime reckons it, for a tree too.
      const account = form.locator('#fl-dp-noise-account');
      await account.filter({ hasText: /epsilon [\d.]+ after 20 rounds/ }).waitFor();
      const before = await account.textContent();
      await form.locator('#node-input-mechanism').selectOption('tree');
      await at.editor.page.waitForFunction(
        (text) => document.querySelector('#fl-dp-noise-account')?.textContent !== text,
        before,
      );
      await account.filter({ hasText: /epsilon [\d.]+ after 20 rounds/ }).waitFor();
      await at.editor.screenshot(`fl-dp-noise tree (Node-RED ${at.version})`);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });
  },
);
