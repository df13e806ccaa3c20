import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Changes, pumpFlow, pumpFolder } from '../federation/factory';
import { floats } from '../messages';
import { type Runtime, startRuntime } from '../runtime';

const nodes = ['model', 'dataset', 'client', 'aggregator'];
const kept: Changes = {
  dataset: { start: 'message' },
  north: { persistent: 'true', minSamples: '2', capacity: '5' },
  aggregator: { start: 'message' },
};

describe('the samples of fl-client', () => {
  let pumps: ReturnType<typeof pumpFolder>;
  let runtime: Runtime;
  const run = async (changes: Changes, userDir?: string): Promise<void> => {
    runtime = await startRuntime(nodes, pumpFlow(changes), userDir ?? pumps.folder);
  };
  const restart = async (changes: Changes): Promise<void> => {
    const { userDir } = runtime;
    await runtime.stop();
    await run(changes, userDir);
  };
  const holds = (text: string): Promise<unknown> => runtime.statusIs('north-client', (status) => status.text === text);
  const sample = (heat: number): void => runtime.send('north-client', { payload: [heat, 0], label: 'hot' });
  beforeEach(() => {
    pumps = pumpFolder();
  });
  afterEach(async () => {
    await runtime.close();
    pumps.remove();
  });

  it('are kept through a restart, at most as many as stated, until they are forgotten', async () => {
    await run(kept);
    await holds('0/2 samples');
    sample(1);
    await holds('1/2 samples');
    for (let i = 2; i <= 9; i++) sample(i);
    await holds('5 samples');
    await restart(kept);
    await holds('5 samples');
    runtime.send('north-client', { topic: 'forget' });
    await holds('0/2 samples');
    await restart(kept);
    await holds('0/2 samples');
  });

  it('stay where they are: files of the state folder only, and nothing but names in them', async () => {
    await run(kept);
    sample(1);
    await holds('1/2 samples');
    await runtime.stop();
    const files = readdirSync(join(pumps.folder, 'fl-tinyml', 'clients'));
    assert.ok(files.length > 0);
    for (const file of files) assert.match(file, /^[a-z0-9-]+(\.previous)?\.state$/);
  });

  it('are not kept twice when the same file is read again', async () => {
    const changes: Changes = {
      dataset: { holdOut: 'none', wires: [['north-client', 'told'], ['south-client'], ['held']] },
      north: { persistent: 'true' },
      aggregator: { start: 'message' },
    };
    await run(changes);
    await holds('200 samples');
    await restart(changes);
    const over = (): Promise<unknown> => runtime.next('told', ({ fl }) => fl?.last === true);
    await over();
    await holds('200 samples');
    runtime.forget();
    runtime.send('data', {});
    await over();
    runtime.send('north-client', { payload: { heat: 70, noise: 0 }, label: 'hot' });
    await holds('201 samples');
    runtime.forget();
    // Among live samples a data set that is kept already is left out: nothing live is lost for it.
    runtime.send('data', {});
    await over();
    runtime.send('north-client', { payload: { heat: 70, noise: 0 }, label: 'hot' });
    await holds('202 samples');
  });

  it('are set aside, with a sentence, when the model has other inputs now', async () => {
    await run(kept);
    sample(1);
    await holds('1/2 samples');
    await restart({ ...kept, model: { features: 'heat, noise, light' }, dataset: { start: 'message', model: '' } });
    await holds('0/2 samples');
    const files = readdirSync(join(pumps.folder, 'fl-tinyml', 'clients'));
    assert.ok(files.some((file) => file.includes('of-2-features')));
  });

  it('that belong to another client are passed by', async () => {
    await run(kept);
    await holds('0/2 samples');
    const fl = { kind: 'samples', count: 1, width: 2, targets: 1, classes: ['cold', 'hot'], split: 'train' };
    runtime.send('north-client', { fl: { ...fl, client: 'south' }, payload: floats([1, 2, 1]) });
    runtime.send('north-client', { fl: { ...fl, client: 'north' }, payload: floats([1, 2, 1]) });
    await holds('1/2 samples');
  });
});
