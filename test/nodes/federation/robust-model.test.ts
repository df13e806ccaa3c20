import assert from 'node:assert/strict';
import type { ModelHeader } from '../../../lib/update/message';
import { aggregatorOptions } from '../../../nodes/aggregator/options';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { palette, pumpFlow, pumpFolder } from './factory';

const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;
const isFinal = (msg: Received): boolean =>
  header(msg).kind === 'model' && Array.isArray(header(msg).cohort) && header(msg).cohort.length === 0;

describe('training for a robust model in a flow', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime | undefined;
  afterEach(() => runtime?.close());

  const flowOf = (aggregator: Record<string, string>) =>
    pumpFlow({ dataset: { file: `${pumps.folder}/pumps.csv` }, aggregator: { rounds: '3', ...aggregator } });
  const modelOf = async (
    settings: Record<string, string>,
  ): Promise<{ end: Buffer; asked: ModelHeader['training'] }> => {
    runtime = await startRuntime(palette, flowOf(settings));
    const first = await runtime.next('told', (msg) => header(msg).kind === 'model');
    const end = (await runtime.next('told', isFinal)).payload as Buffer;
    assert.deepEqual(runtime.received('caught'), []);
    await runtime.close();
    return { end, asked: header(first).training };
  };

  it('is asked of the clients, who do it', async () => {
    const plain = await modelOf({});
    assert.ok(!('adversarial' in plain.asked) && !('lipschitz' in plain.asked));
    const fgsm = await modelOf({ adversarial: 'fgsm', adversarialEpsilon: '0.2' });
    assert.deepEqual(fgsm.asked.adversarial, { method: 'fgsm', epsilon: 0.2, share: 0.5 });
    const pgd = await modelOf({
      adversarial: 'pgd',
      adversarialSteps: '3',
      adversarialShare: '100',
      lipschitz: '0.01',
    });
    assert.deepEqual(pgd.asked.adversarial, { method: 'pgd', epsilon: 0.1, share: 1, steps: 3 });
    assert.equal(pgd.asked.lipschitz, 0.01);
    for (const [one, other] of [
      [plain, fgsm],
      [plain, pgd],
      [fgsm, pgd],
    ]) {
      assert.equal(one.end.length, other.end.length);
      assert.ok(!one.end.equals(other.end));
    }
  });

  it('is refused where it makes no sense', async () => {
    runtime = await startRuntime(palette, flowOf({ strategy: 'fedsgd', adversarial: 'fgsm' }));
    const { error } = await runtime.next('caught');
    assert.match((error as { message: string }).message, /adversarial samples away for FedSGD/);
    for (const [settings, reason] of [
      [{ adversarial: 'fgsm', adversarialEpsilon: '0' }, /adversarialEpsilon/],
      [{ adversarial: 'pgd', adversarialSteps: '101' }, /adversarialSteps/],
      [{ adversarial: 'pgd', adversarialShare: '-1' }, /adversarialShare/],
      [{ adversarial: 'mixup' }, /one of none, fgsm, pgd/],
      [{ lipschitz: '-1' }, /lipschitz/],
    ] as const) {
      assert.throws(
        () => aggregatorOptions({ id: 'a', type: 'fl-aggregator', name: '', z: '', ...settings }, undefined),
        {
          code: 'bad-setting',
          message: reason,
        },
      );
    }
  });
});
