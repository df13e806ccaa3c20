import assert from 'node:assert/strict';
import type { ModelHeader } from '../../../lib/update/message';
import { noMoreThan, resources } from '../resources';
import { closeLimit, type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { type Changes, palette, pumpFlow, pumpFolder } from './factory';

const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;

describe('a redeploy in the middle of a round', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  /** A round that lasts: far more epochs than a test waits for. */
  const changes: Changes = {
    dataset: { file: `${pumps.folder}/pumps.csv` },
    aggregator: { epochs: '10000', rounds: '0', batchSize: '1' },
  };

  it('closes long before Node-RED gives up on it, and the federation goes on after it', async () => {
    const flow = pumpFlow(changes);
    runtime = await startRuntime(palette, flow);
    await runtime.statusIs('north-client', ({ text }) => /^round 1: \d+ %$/.test(text ?? ''));
    const begun = performance.now();
    await runtime.deploy(
      pumpFlow({ ...changes, aggregator: { ...changes.aggregator, epochs: '1', rounds: '2' } }),
      'full',
    );
    const took = performance.now() - begun;
    assert.ok(took < closeLimit, `${took} ms`);
    const done = (msg: Received): boolean => header(msg).kind === 'model' && header(msg).round === 3;
    await runtime.next('told', done);
  });

  it('that takes a second aggregator away lets the first one work, though it was left as it is', async () => {
    const rest: Changes = { dataset: { file: `${pumps.folder}/pumps.csv` }, aggregator: { rounds: '1' } };
    const fields = { z: 't', name: 'twin', federation: 'pumps', model: 'm', wires: [['told'], []] };
    const twin: FlowItem = { id: 'agg2', type: 'fl-aggregator', ...fields };
    runtime = await startRuntime(palette, pumpFlow({ ...rest, more: [twin] }));
    await runtime.statusIs('agg', ({ text }) => text === 'two aggregators');
    await runtime.deploy(pumpFlow(rest), 'nodes');
    await runtime.statusIs('agg', ({ text }) => text === '1 rounds done');
  });

  it('leaks nothing over 100 redeploys', async () => {
    runtime = await startRuntime(palette, pumpFlow(changes));
    const training = (): Promise<unknown> =>
      runtime.statusIs('north-client', ({ text }) => /^round 1: /.test(text ?? ''));
    let early: Record<string, number> = {};
    for (let i = 0; i < 100; i++) {
      await training();
      // The name changes, so that Node-RED sees another flow and starts it anew.
      await runtime.deploy(pumpFlow({ ...changes, aggregator: { ...changes.aggregator, name: `agg ${i}` } }), 'full');
      if (i === 9) {
        await training();
        early = resources();
      }
    }
    await training();
    await noMoreThan((kind) => (early[kind] ?? 0) + 3);
  });
});
