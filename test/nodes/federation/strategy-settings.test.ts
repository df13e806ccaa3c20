import assert from 'node:assert/strict';
import { strategyOf } from '../../../nodes/aggregator/strategy';
import type { Settings } from '../../../nodes/shared/red';

describe("the q of q-FedAvg in an fl-aggregator's settings", () => {
  const node = { id: 'a', type: 'fl-aggregator', name: '', z: '' };
  const q = (settings: Partial<Settings>) => strategyOf({ ...node, strategy: 'qfedavg', ...settings });

  it('is what the dialogue calls fairness', () => {
    assert.deepEqual(q({ fairness: '2.5' }), { name: 'qfedavg', q: 2.5 });
  });
  it('may be called q in a flow made by hand, which the dialogue overrules', () => {
    assert.deepEqual(q({ q: 0.5 }), { name: 'qfedavg', q: 0.5 });
    assert.deepEqual(q({ q: 0.5, fairness: '' }), { name: 'qfedavg', q: 0.5 });
    assert.deepEqual(q({ q: 0.5, fairness: '2' }), { name: 'qfedavg', q: 2 });
  });
  it('has the default of the library where nothing is given', () => {
    assert.deepEqual(q({}), { name: 'qfedavg' });
  });
});
