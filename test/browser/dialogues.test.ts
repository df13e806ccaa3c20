import assert from 'node:assert/strict';
import { fresh, onBothVersions } from './on-both-versions';
import { helpOf, reasonAt, shownOf } from './palette';

/** A wrong entry in each dialogue, and a word of the reason that the editor then gives. */
const wrongEntries: Record<string, { first?: string; field: string; entry: string; reason: RegExp }> = {
  'fl-model': { field: 'seed', entry: '-1', reason: /seed.*whole number/i },
  'fl-dataset': { field: 'hop', entry: '0', reason: /whole number/i },
  'fl-client': { field: 'minSamples', entry: '0', reason: /whole number/i },
  'fl-serial-device': { field: 'capacity', entry: '5', reason: /at least as many/i },
  'fl-adversary': { field: 'share', entry: '101', reason: /0 to 100/ },
  'fl-aggregator': { field: 'quorum', entry: '9', reason: /quorum/i },
  'fl-evaluate': { field: 'limit', entry: '0', reason: /whole number/i },
  'fl-export': { field: 'samples', entry: '0', reason: /whole number/i },
  'fl-predict': { field: 'input', entry: '', reason: /message|property/i },
  'fl-distill': { field: 'learningRate', entry: '0', reason: /above 0/ },
  'fl-cluster': { field: 'groups', entry: '65', reason: /1 to 64/ },
  'fl-quantize': { field: 'bits', entry: '17', reason: /1 to 16/ },
  'fl-sparsify': { field: 'share', entry: '0', reason: /up to 100/ },
  'fl-prune': { field: 'sparsity', entry: '100', reason: /below 100/ },
  'fl-dp-noise': { field: 'clippingNorm', entry: '0', reason: /above 0|positive|number/i },
  'fl-secure-mask': { field: 'minClients', entry: '2', reason: /3 to 1,000/ },
  'fl-krum-filter': { field: 'byzantine', entry: '-1', reason: /whole number/i },
  'fl-wire': { first: '#node-input-sign', field: 'signAs', entry: '', reason: /sign as|client id/i },
};

const types = Object.keys(wrongEntries);

onBothVersions(
  'the dialogues',
  (known) => {
    assert.deepEqual(Object.keys(known).sort(), [...types].sort());
    // Each node alone on a canvas, as it comes from the palette.
    return Object.keys(known).map((type, index) => fresh(known, type, 60 + 60 * index));
  },
  (at) => {
    it('dropped on an empty canvas every node says what it waits for, and nothing breaks', async () => {
      await at.editor.show('tab');
      await at.editor.page.waitForTimeout(1000);
      await at.editor.screenshot(`palette (Node-RED ${at.version})`);
      const statuses = await at.editor.page.locator('.red-ui-flow-node-status-label').allTextContents();
      for (const text of statuses) assert.ok(text.length <= 20, text);
      assert.doesNotMatch(at.nodeRed.log().join('\n'), /uncaught|\[red\]/i);
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-aggregator shows of sampling and time what the choice has, and says what does not go together', async () => {
      await at.editor.openDialogue('fl-aggregator');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const shown = async (): Promise<string[]> => {
        const fields = [
          ...['sampleCount', 'samplePercent', 'candidates', 'minBattery', 'minBytesPerSecond', 'probability'],
          ...['overSelect', 'method', 'mixing', 'bufferSize', 'bufferRate', 'concurrency', 'maxStaleness', 'staleness'],
          ...['stalenessA', 'stalenessB', 'sending', 'sendingThreshold', 'sendingEvery', 'sendingPatience'],
        ];
        return shownOf(form, fields);
      };
      const choose = async (choices: Record<string, string>): Promise<void> => {
        for (const [name, value] of Object.entries(choices)) {
          await form.locator(`#node-input-${name}`).selectOption(value);
        }
      };
      const cases: [Record<string, string>, string[]][] = [
        [{}, ['sending']],
        [{ sampler: 'power-of-choice' }, ['sampleCount', 'candidates', 'overSelect', 'sending']],
        [{ sampler: 'availability' }, ['sampleCount', 'minBattery', 'minBytesPerSecond', 'overSelect', 'sending']],
        [{ sampler: 'poisson' }, ['probability', 'sending']],
        [{ timing: 'late', staleness: 'constant' }, ['probability', 'maxStaleness', 'staleness', 'sending']],
        [
          { staleness: 'hinge', sending: 'norm' },
          [
            'probability',
            'maxStaleness',
            'staleness',
            'stalenessA',
            'stalenessB',
            'sending',
            'sendingThreshold',
            'sendingPatience',
          ],
        ],
        [
          { sampler: 'all', timing: 'async', staleness: 'polynomial' },
          ['method', 'bufferSize', 'bufferRate', 'concurrency', 'maxStaleness', 'staleness', 'stalenessA'],
        ],
        [{ method: 'fedasync' }, ['method', 'mixing', 'concurrency', 'maxStaleness', 'staleness', 'stalenessA']],
      ];
      for (const [choices, expected] of cases) {
        await choose(choices);
        assert.deepEqual(await shown(), expected, JSON.stringify(choices));
      }
      await at.editor.screenshot(`fl-aggregator without rounds (Node-RED ${at.version})`);
      assert.equal(await form.locator('#node-input-timing.input-error').count(), 0);
      await choose({ strategy: 'scaffold' });
      await form.locator('#node-input-timing.input-error').waitFor();
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-aggregator shows of the rate over the rounds what the choice has', async () => {
      await at.editor.openDialogue('fl-aggregator');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const fields = ['schedule', 'scheduleFactor', 'scheduleEvery', 'scheduleDecay'];
      for (const [schedule, expected] of [
        ['constant', ['schedule']],
        ['step', ['schedule', 'scheduleFactor', 'scheduleEvery']],
        ['exponential', ['schedule', 'scheduleFactor']],
        ['inverse', ['schedule', 'scheduleDecay']],
      ] as const) {
        await form.locator('#node-input-schedule').selectOption(schedule);
        const found = await Promise.all(
          fields.map((name) => form.locator(`.form-row:visible > label[for="node-input-${name}"]`).count()),
        );
        assert.deepEqual(
          fields.filter((_, i) => found[i] > 0),
          expected,
        );
      }
      assert.match(await reasonAt(at.editor.page, 'scheduleDecay', '0'), /above 0/);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-aggregator shows of a rule what it has, and says what it needs', async () => {
      await at.editor.openDialogue('fl-aggregator');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const fields = [
        ...['ruleF', 'ruleTrim', 'ruleKeep', 'ruleBound', 'ruleAbove', 'ruleWeights', 'ruleIterations', 'ruleNoise'],
        ...['ruleKappa', 'quarantine', 'quarantineRounds'],
      ];
      const shown = () => shownOf(form, fields);
      const choose = async (choices: Record<string, string>): Promise<void> => {
        for (const [name, value] of Object.entries(choices)) {
          await form.locator(`#node-input-${name}`).selectOption(value);
        }
      };
      const cases: [Record<string, string>, string[]][] = [
        [{}, ['quarantine']],
        [{ rule: 'median' }, ['ruleF', 'quarantine']],
        [{ rule: 'trimmed-mean' }, ['ruleF', 'ruleTrim', 'quarantine']],
        [{ rule: 'krum' }, ['ruleF', 'quarantine']],
        [{ rule: 'multi-krum' }, ['ruleF', 'ruleKeep', 'quarantine']],
        [{ rule: 'bulyan' }, ['ruleF', 'quarantine']],
        [{ rule: 'geometric-median' }, ['ruleWeights', 'ruleIterations', 'quarantine']],
        [{ rule: 'norm-bound' }, ['ruleBound', 'ruleAbove', 'ruleWeights', 'quarantine']],
        [{ rule: 'fltrust' }, ['quarantine']],
        [{ rule: 'centered-clip' }, ['ruleBound', 'ruleIterations', 'quarantine']],
        [{ rule: 'flame', quarantine: 'on' }, ['ruleNoise', 'quarantine', 'quarantineRounds']],
        [{ rule: 'foolsgold' }, ['ruleKappa', 'quarantine', 'quarantineRounds']],
        [{ rule: 'foolsgold' }, ['ruleKappa', 'quarantine', 'quarantineRounds']],
      ];
      for (const [choices, expected] of cases) {
        await choose(choices);
        assert.deepEqual(await shown(), expected, JSON.stringify(choices));
      }
      await at.editor.screenshot(`fl-aggregator robust (Node-RED ${at.version})`);
      // With the quorum of a new node.
      await choose({ rule: 'bulyan' });
      await form.locator('#node-input-rule.input-error').waitFor();
      await choose({ rule: 'geometric-median' });
      await form.locator('#node-input-rule:not(.input-error)').waitFor();
      await choose({ strategy: 'scaffold' });
      await form.locator('#node-input-rule.input-error').waitFor();
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    for (const type of ['fl-client', 'fl-serial-device']) {
      it(`${type} shows of a personal method what it has, and of the layers at home what they are called`, async () => {
        await at.editor.openDialogue(type);
        const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
        const method = form.locator('#node-input-personal');
        const fields = [
          ...['privateLayers', 'personalEpochs', 'personalRate', 'tuneEvery', 'lambda'],
          ...['variant', 'alpha', 'beta', 'delta', 'adaptationSteps', 'heldOut'],
        ];
        const shown = () => shownOf(form, fields);
        const cases: Record<string, string[]> = {
          none: [],
          'fine-tuning': ['personalEpochs', 'personalRate', 'tuneEvery', 'heldOut'],
          fedper: ['privateLayers', 'heldOut'],
          fedrep: ['privateLayers', 'personalEpochs', 'heldOut'],
          ditto: ['personalEpochs', 'lambda', 'heldOut'],
          ...(type === 'fl-client' ? { 'per-fedavg': ['variant', 'alpha', 'beta', 'adaptationSteps', 'heldOut'] } : {}),
        };
        assert.deepEqual(
          await method
            .locator('option')
            .evaluateAll((options) => options.map((option) => option.getAttribute('value'))),
          Object.keys(cases),
        );
        for (const [name, expected] of Object.entries(cases)) {
          await method.selectOption(name);
          assert.deepEqual(await shown(), expected, name);
          if (name === 'fedper') assert.match((await form.locator('#fl-personal-layers').textContent()) ?? '', /layer/);
        }
        if (type === 'fl-client') {
          await form.locator('#node-input-variant').selectOption('hessian-free');
          assert.deepEqual(await shown(), ['variant', 'alpha', 'beta', 'delta', 'adaptationSteps', 'heldOut']);
        }
        await method.selectOption('ditto');
        // What is wrong in a field is said.
        assert.match(await reasonAt(at.editor.page, 'lambda', '-1'), /\S/);
        await method.selectOption('none');
        assert.deepEqual(await shown(), []);
        await at.editor.closeDialogue('cancel');
        assert.deepEqual(at.editor.errors, []);
      });
    }

    it('fl-distill shows of a role what it has, and asks only for its models', async () => {
      await at.editor.openDialogue('fl-distill');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const fields = [
        ...[
          'teacher',
          'student',
          'client',
          'federation',
          'network',
          'consensus',
          'temperature',
          'share',
          'digestEpochs',
          'pretrainEpochs',
        ],
        ...['counts', 'when', 'every', 'start', 'epochs', 'batchSize', 'optimizer', 'learningRate', 'publicTopic'],
        ...['minSamples', 'capacity', 'eviction', 'persistent'],
      ];
      const shown = () => shownOf(form, fields);
      const lessons = ['when', 'every', 'start', 'epochs', 'batchSize', 'optimizer', 'learningRate'];
      const samples = ['minSamples', 'capacity', 'eviction', 'persistent'];
      const cases: [Record<string, string>, string[]][] = [
        [{}, ['teacher', 'student', 'temperature', 'share', ...lessons, ...samples]],
        [
          { role: 'member' },
          [
            ...['client', 'federation', 'network', 'consensus', 'temperature', 'digestEpochs'],
            ...['pretrainEpochs', 'counts', 'publicTopic'],
            ...samples,
          ],
        ],
        [{ role: 'student' }, ['student', 'consensus', 'temperature', ...lessons, 'persistent']],
        [
          { when: 'end' },
          ['student', 'consensus', 'temperature', ...lessons.filter((name) => name !== 'every'), 'persistent'],
        ],
      ];
      for (const [choices, expected] of cases) {
        for (const [name, value] of Object.entries(choices)) {
          await form.locator(`#node-input-${name}`).selectOption(value);
        }
        assert.deepEqual(await shown(), expected, JSON.stringify(choices));
        await at.editor.screenshot(`fl-distill ${Object.values(choices)[0] ?? 'teach'} (Node-RED ${at.version})`);
      }
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    it('fl-model asks of predictions on public rows their number and digest, and nothing of a network', async () => {
      await at.editor.openDialogue('fl-model');
      const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
      const fields = ['task', 'labels', 'outputs', 'source', 'publicRows', 'digest', 'file', 'backbone', 'features'];
      const rest = ['inputShape', 'loss', 'normalisation', 'mean', 'seed', 'engine'];
      const shown = async (): Promise<string[]> => {
        const all = [...fields, ...rest];
        return shownOf(form, all);
      };
      const network = [
        'task',
        'labels',
        'source',
        'backbone',
        'features',
        'inputShape',
        'loss',
        'normalisation',
        'seed',
        'engine',
      ];
      assert.deepEqual(await shown(), network);
      await form.locator('#node-config-input-task').selectOption('regress');
      await form.locator('#node-config-input-source').selectOption('consensus');
      assert.deepEqual(await shown(), ['labels', 'source', 'publicRows', 'digest']);
      await form.locator('#node-config-input-publicRows').fill('300');
      await form.locator('#node-config-input-digest').fill('0123456789abcdef');
      await at.editor.page.locator('#fl-model-summary .fl-model-total', { hasText: '600 numbers' }).waitFor();
      await at.editor.screenshot(`fl-model of public rows (Node-RED ${at.version})`);
      await form.locator('#node-config-input-source').selectOption('layers');
      await form.locator('#node-config-input-task').selectOption('classify');
      assert.deepEqual(await shown(), network);
      await at.editor.closeDialogue('cancel');
      assert.deepEqual(at.editor.errors, []);
    });

    for (const type of types) {
      it(`${type}: opens, helps, and says why an entry is wrong`, async () => {
        const { first, field, entry, reason } = wrongEntries[type];
        const help = await helpOf(at.editor.page, type);
        assert.ok(help.text.length > 300, help.text);
        assert.doesNotMatch(help.text, /\b(label|error|option|hint)\.[a-zA-Z]+\b/);
        if (type !== 'fl-model') assert.deepEqual(help.headings.slice(0, 2), ['Inputs', 'Outputs']);

        await at.editor.openDialogue(type);
        const form = at.editor.page.locator('.red-ui-tray').last().locator('form:visible').first();
        const text = (await form.textContent()) ?? '';
        assert.doesNotMatch(
          text,
          /\b(label|error|option|hint|placeholder|unit|title)\.[a-zA-Z]+\b/,
          'an untranslated text',
        );
        await at.editor.screenshot(`${type} (Node-RED ${at.version})`);
        if (first) await at.editor.page.locator(first).check();
        assert.match(await reasonAt(at.editor.page, field, entry), reason);
        await at.editor.screenshot(`${type} wrong (Node-RED ${at.version})`);
        await at.editor.closeDialogue('cancel');
        assert.deepEqual(at.editor.errors, []);
      });
    }
  },
);
