import assert from 'node:assert/strict';
import type { Robustness } from '../../../lib/robustness';
import { figures, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the example of fl-evaluate', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('15: a model trained on moved samples reads as well, and holds more of the moved ones', async () => {
    runtime = await startExample('15');
    const last = async (federation: string) =>
      (await runtime.next(`how good, ${federation}`, (msg) => figures(msg).round === 20)).payload as {
        accuracy: number;
        robustness: Robustness;
      };
    const [usual, robust] = [await last('usual'), await last('robust')];
    assert.ok(robust.accuracy > 0.9 && usual.accuracy > 0.9, `${robust.accuracy}, ${usual.accuracy}`);
    for (const way of ['float32', 'int8'] as const) {
      const [without, withIt] = [usual.robustness[way]?.pgd[1] ?? 1, robust.robustness[way]?.pgd[1] ?? 0];
      assert.ok(withIt > without + 0.1, `${way}: ${withIt}, not above ${without}`);
    }
  });
});
