import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { factoryFlow, factoryNodes, type Report } from '../../scripts/demo/factory';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { nodesOf } from '../../scripts/lib/example';
import { launchNodeRed, repositoryRoot } from '../../scripts/lib/node-red-process';
import { type Bench, createBench } from './bench';
import { compilers } from './qemu-board';

/** The engines of a plant give at most so many rows. */
const capacity = '1400';

/** Plants 1 to 4 on boards at these ports, 5 to 8 on virtual boards, 9 and 10 stay on the gateway. */
function onBoards(flow: FlowNode[], ports: string[]): void {
  const { aggregator } = factoryNodes(flow);
  nodesOf(flow, 'fl-client').forEach((client, i) => {
    if (i >= 2 * ports.length) return;
    const { id, z, x, y, name, client: plant, federation, model, minSamples } = client;
    const place = i < ports.length ? { board: 'serial', port: ports[i] } : { board: 'virtual' };
    const settings = { name, client: plant, federation, model, minSamples, capacity, update: 'int8', source: 'flow' };
    for (const key of Object.keys(client)) delete client[key];
    // The board quantises: its updates need no fl-quantize.
    const wires = [[aggregator.id], [], []];
    Object.assign(client, { id, type: 'fl-serial-device', z, x, y, ...settings, ...place, persistent: false, wires });
  });
}

/** The figures of the last round. */
async function learn(flow: FlowNode[]): Promise<{ measured: Record<string, unknown>[]; updates: unknown[] }> {
  const rounds = Number(factoryNodes(flow).aggregator.rounds);
  const measured: Record<string, unknown>[] = [];
  const updates: unknown[] = [];
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const nodeRed = await launchNodeRed({
    version: 4,
    flows: flow,
    onReport: (value) => {
      const { topic, payload } = value as Report;
      if (topic === 'fl/metrics') updates.push(payload.updates);
      if (topic !== 'fl/evaluation' || payload.round === 0) return;
      measured.push(payload);
      if (payload.round === rounds) finish();
    },
  });
  try {
    const late = new Promise<never>((_, reject) => {
      setTimeout(
        () => reject(new Error(`It has not finished:\n${nodeRed.log().slice(-40).join('\n')}`)),
        400_000,
      ).unref();
    });
    await Promise.race([finished, late, nodeRed.exited]);
    assert.deepEqual(
      nodeRed.log().filter((line) => /\[error\]|\[warn\] \[fl-/.test(line)),
      [],
    );
    return { measured, updates };
  } finally {
    await nodeRed.stop();
  }
}

describe('the factory on boards, in a real Node-RED', function () {
  this.timeout(600_000);
  let bench: Bench;
  before(() => {
    bench = createBench();
  });
  after(() => bench.close());

  it('gives with four boards in QEMU, four virtual ones and two gateways the model of ten gateways', async () => {
    const boards = [];
    for (let i = 0; i < 4; i++) boards.push(await bench.board(compilers[i % compilers.length]));
    const flow = factoryFlow();
    onBoards(
      flow,
      boards.map(({ qemu }) => qemu.path),
    );
    const { measured, updates } = await learn(flow);
    assert.deepEqual(updates, Array(20).fill(10));

    const demo = spawnSync(process.execPath, [join(repositoryRoot, 'scripts/demo.mjs'), '--json'], {
      encoding: 'utf8',
    });
    const lines = demo.stdout.trim().split('\n');
    const told = JSON.parse(lines[lines.length - 1]) as { final: { averagePrecision: number; f1: number } };
    const { averagePrecision, f1 } = measured[measured.length - 1] as typeof told.final;
    console.log(`      average precision ${averagePrecision.toFixed(3)}, F1 ${f1.toFixed(3)}; ten gateways: the same`);
    assert.deepEqual([averagePrecision, f1], [told.final.averagePrecision, told.final.f1]);
    assert.ok(averagePrecision >= 0.88);
  });
});
