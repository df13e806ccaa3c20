import assert from 'node:assert/strict';
import { defaultModel, type ModelSpec, parseSpec } from '../../../lib/model/index';
import type { Engine } from '../../../lib/training/engine';
import { type EngineChoice, plannedEngine, selectEngine } from '../../../lib/training/select';

const plain = defaultModel({ task: 'regress', input: [3] });
const foreign = parseSpec({
  task: 'regress',
  input: [4, 2],
  layers: [
    { type: 'foreign', className: 'LSTM', config: { units: 2 } },
    { type: 'dense', units: 1 },
  ],
});

const fake = (name: 'core' | 'tfjs'): Engine => ({
  name,
  lacks: (spec) =>
    name === 'core' && spec.layers.some(({ type }) => type === 'foreign') ? ['It lacks the LSTM.'] : [],
  train: () => Promise.reject(new Error('not here')),
  evade: () => Promise.reject(new Error('not here')),
  predict: () => Promise.reject(new Error('not here')),
});

/** What is picked when the engines are there, or are these reasons. */
const pick = async (
  spec: ModelSpec,
  choice: EngineChoice,
  core: Engine | string = fake('core'),
  tfjs: Engine | string = fake('tfjs'),
): Promise<[string, string]> => {
  const { engine, reason } = await selectEngine(spec, choice, { core: async () => core, tfjs: async () => tfjs });
  return [engine.name, reason];
};
const refusal = (sentence: string) => ({ name: 'RefusedError', code: 'engine', message: sentence });

describe('choice of the engine', () => {
  it('takes core where it can', async () => {
    assert.deepEqual(await pick(plain, 'auto'), ['core', 'The core engine has all layers of this model.']);
    assert.equal((await pick(plain, 'core'))[0], 'core');
  });

  it('takes tfjs for what core lacks, and says what that is', async () => {
    assert.deepEqual(await pick(foreign, 'auto'), ['tfjs', 'TensorFlow.js runs this model: It lacks the LSTM.']);
  });

  it('takes tfjs when it is asked for, or when core does not start', async () => {
    assert.deepEqual(await pick(plain, 'tfjs'), ['tfjs', 'TensorFlow.js runs this model']);
    assert.equal((await pick(plain, 'auto', 'No WebAssembly here.'))[0], 'tfjs');
  });

  it('says what to do when nothing can run the model', async () => {
    const missing = 'TensorFlow.js is not installed; run "npm install @tensorflow/tfjs".';
    await assert.rejects(pick(foreign, 'auto', undefined, missing), refusal(`It lacks the LSTM. ${missing}`));
    await assert.rejects(pick(plain, 'tfjs', undefined, missing), refusal(missing));
    await assert.rejects(pick(foreign, 'core'), refusal('It lacks the LSTM. Set the engine to "auto" or "tfjs".'));
  });

  it('does not load tfjs for a model that core has', async () => {
    const sources = { core: async () => fake('core'), tfjs: () => Promise.reject(new Error('was loaded')) };
    assert.equal((await selectEngine(plain, 'auto', sources)).engine.name, 'core');
  });

  it('is foretold without loading anything', () => {
    assert.equal(plannedEngine(plain, 'auto').name, 'core');
    assert.deepEqual(plannedEngine(foreign, 'auto'), {
      name: 'tfjs',
      reason: 'TensorFlow.js runs this model: Layer 1 (LSTM) is not in the core engine.',
    });
    assert.equal(plannedEngine(plain, 'tfjs').name, 'tfjs');
  });
});
