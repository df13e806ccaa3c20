import assert from 'node:assert/strict';
import { older, onBothVersions } from './on-both-versions';
import { reasonAt } from './palette';

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

onBothVersions(
  'the strategies',
  (known) => {
    const old = older(known, 'fl-aggregator', (field) => all.includes(field));
    return [{ ...old, id: 'agg', type: 'fl-aggregator', z: 'tab', x: 250, y: 60, wires: [[], []] }];
  },
  (at) => {
    before(() => at.editor.openDialogue('agg'));

    const shown = async (): Promise<string[]> => {
      const visible = await Promise.all(
        all.map((name) =>
          at.editor.page
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
        await at.editor.page.locator('#node-input-strategy').selectOption(strategy);
        assert.deepEqual(await shown(), [...expected].sort());
        await at.editor.screenshot(`fl-aggregator ${strategy} (Node-RED ${at.version})`);
      });
    }

    it('says why an entry, or the strategy with the optimiser, is wrong', async () => {
      const strategy = at.editor.page.locator('#node-input-strategy');
      await strategy.selectOption('fedyogi');
      assert.match(await reasonAt(at.editor.page, 'beta2', '1'), /from 0 to below 1/);
      await strategy.selectOption('scaffold');
      await at.editor.page.locator('#node-input-optimizer').selectOption('adam');
      await at.editor.page.locator('#node-input-strategy.input-error').waitFor();
      await at.editor.page.locator('#node-input-optimizer').selectOption('sgd');
      await at.editor.page.locator('#node-input-strategy:not(.input-error)').waitFor();
      assert.deepEqual(at.editor.errors, []);
    });
  },
);
