import assert from 'node:assert/strict';
import { figures, lastAccuracy, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the examples of fl-aggregator', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('05: with unlike gateways SCAFFOLD and FedDyn are ahead of the mean, one for twice the bytes and one for none', async () => {
    runtime = await startExample('05');
    const accuracy = async (federation: string, round: number): Promise<number> =>
      figures(await runtime.next(`how good, ${federation}`, (msg) => figures(msg).round === round)).accuracy;
    for (const federation of ['corrected', 'regularised']) {
      for (const round of [8, 10]) {
        const [ours, mean] = [await accuracy(federation, round), await accuracy('plain', round)];
        assert.ok(ours > mean + 0.02, `${federation} ${ours}, the mean ${mean}`);
      }
      assert.ok((await accuracy(federation, 20)) > 0.95);
    }
    const bytes = (federation: string): number => figures(runtime.received(`rounds, ${federation}`)[0]).bytesUp;
    assert.deepEqual([bytes('corrected'), bytes('regularised')], [2 * bytes('plain'), bytes('plain')]);
  });

  it('16: three updates make a version, and nobody waits for the slow one', async () => {
    runtime = await startExample('16');
    await runtime.next('how good', (msg) => figures(msg).round === 30);
    const versions = runtime.received('versions').map(figures);
    assert.deepEqual(
      versions.map(({ round, updates }) => [round, updates]),
      Array.from({ length: 30 }, (_, i) => [i + 1, 3]),
    );
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  });
});
