import assert from 'node:assert/strict';
import { older, onBothVersions } from './on-both-versions';
import { reasonAt } from './palette';

const training = ['adversarialEpsilon', 'adversarialSteps', 'adversarialShare'];
const figure = ['strengths', 'attackSteps', 'attacked'];

onBothVersions(
  'robust models',
  (known) => {
    const old = (type: string) =>
      older(known, type, (field) => /^(adversarial|lipschitz|robustness|strengths|attack)/.test(field));
    const evaluate = { ...old('fl-evaluate'), type: 'fl-evaluate', z: 'tab', x: 250, wires: [[]] };
    const model = { ...known['fl-model'].defaults, type: 'fl-model', task: 'regress', inputShape: '2', outputs: '1' };
    return [
      { ...model, id: 'numbers' },
      { ...old('fl-aggregator'), id: 'agg', type: 'fl-aggregator', z: 'tab', x: 250, y: 60, wires: [[], []] },
      { ...evaluate, id: 'eval', y: 120 },
      { ...evaluate, id: 'none', y: 180, model: 'numbers' },
    ];
  },
  (at) => {
    const shown = async (names: string[]): Promise<string[]> => {
      const rows = names.map((name) => at.editor.page.locator(`.form-row:has(#node-input-${name})`).last());
      const visible = await Promise.all(rows.map((row) => row.isVisible()));
      return names.filter((_, i) => visible[i]);
    };

    it('fl-aggregator asks for what the chosen attack has, and says what is wrong', async () => {
      await at.editor.openDialogue('agg');
      const choice = at.editor.page.locator('#node-input-adversarial');
      assert.equal(await choice.inputValue(), 'none');
      assert.deepEqual(await shown(training), []);
      await choice.selectOption('fgsm');
      assert.deepEqual(await shown(training), ['adversarialEpsilon', 'adversarialShare']);
      await choice.selectOption('pgd');
      assert.deepEqual(await shown(training), training);
      await at.editor.screenshot(`fl-aggregator robust (Node-RED ${at.version})`);
      assert.match(await reasonAt(at.editor.page, 'adversarialEpsilon', '0'), /above 0/);
      await at.editor.page.locator('#node-input-strategy').selectOption('fedsgd');
      await at.editor.page.locator('#node-input-adversarial.input-error').waitFor();
      await at.editor.page.locator('#node-input-strategy').selectOption('fedavg');
      await at.editor.page.locator('#node-input-adversarial:not(.input-error)').waitFor();
      await at.editor.closeDialogue('cancel');
    });

    it('fl-evaluate asks for strengths when robustness is wanted, of classifiers alone', async () => {
      await at.editor.openDialogue('eval');
      assert.deepEqual(await shown(['robustness', ...figure]), ['robustness']);
      await at.editor.page.locator('#node-input-robustness').check();
      assert.deepEqual(await shown(figure), figure);
      assert.equal(await at.editor.page.locator('#node-input-strengths').inputValue(), '0.1, 0.2, 0.4');
      await at.editor.screenshot(`fl-evaluate robust (Node-RED ${at.version})`);
      await at.editor.closeDialogue('cancel');
      await at.editor.openDialogue('none');
      assert.deepEqual(await shown(['robustness', ...figure]), []);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });
  },
);
