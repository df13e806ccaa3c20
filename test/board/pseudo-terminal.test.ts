import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBoard } from '../../lib/board/create-board';
import { serialLine } from '../../lib/board/serial/serial-line';
import { initialWeights, parseSpec } from '../../lib/model';
import { repositoryRoot } from '../../scripts/lib/node-red-process';
import { bench, gatewayUpdate, jobKey } from '../lib/board/federated';

const spec = parseSpec({
  task: 'classify',
  input: [6],
  layers: [{ type: 'dense', units: 3, activation: 'softmax' }],
  labels: ['a', 'b', 'c'],
  seed: 2,
});
const training = { batchSize: 8, optimizer: 'sgd' as const };
const options = { ...training, epochs: 5, learningRate: 0.1, seed: 4 };

describe('a virtual board on a pseudo-terminal', () => {
  let folder: string;
  const offered: ChildProcess[] = [];
  const offer = async (path: string): Promise<ChildProcess> => {
    const script = join(repositoryRoot, 'scripts/virtual-board.mjs');
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'ignore'] });
    offered.push(child);
    for (let said = ''; !said.includes(path); ) said += String((await once(child.stdout, 'data'))[0]);
    return child;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fl-pty-'));
  });
  after(async () => {
    for (const child of offered) child.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it('learns through the real serial port, is missed when it is killed, and is brought back to where it was', async () => {
    const path = join(folder, 'board');
    const first = await offer(path);
    const rows = bench(spec, training, 40);
    rows.add(30);
    const states: string[] = [];
    const board = createBoard({
      openLine: serialLine({ path }),
      bank: rows.bank,
      onState: ({ state }) => states.push(state),
    });
    const weights = initialWeights(spec);
    const learn = async (job: number): Promise<Buffer> => {
      await board.use(rows.model);
      await board.commit(weights, undefined);
      const control = { signal: new AbortController().signal, onProgress() {} };
      return (await board.train({ key: jobKey(job), options, bits: 0 }, control)).payload;
    };
    const expected = await gatewayUpdate(rows, weights, options, 0);
    assert.ok((await learn(1)).equals(expected));
    first.kill('SIGKILL');
    await once(first, 'exit');
    await offer(path);
    assert.ok((await learn(2)).equals(expected));
    assert.ok(states.filter((state) => state === 'ready').length >= 2);
    await board.close();
    await rows.close();
  });
});
