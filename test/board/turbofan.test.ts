import assert from 'node:assert/strict';
import { factoryFlow, factoryNodes, type Report } from '../../scripts/demo/factory';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { nodesOf } from '../../scripts/lib/example';
import { launchNodeRed } from '../../scripts/lib/node-red-process';
import { type Bench, createBench } from './bench';
import { compilers } from './qemu-board';

/** Rows that each plant keeps, the newest: so many fit a board. Its engines give 905 to 1,158. */
const capacity = '900';

/** The factory with members that keep no more rows than a board. */
function smallPlants(): FlowNode[] {
  const flow = factoryFlow();
  for (const client of nodesOf(flow, 'fl-client')) client.capacity = capacity;
  return flow;
}

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

interface Learned {
  /** What the evaluator says of each round. */
  measured: Record<'round' | 'averagePrecision' | 'f1', number>[];
  updates: unknown[];
}

async function learn(flow: FlowNode[]): Promise<Learned> {
  const rounds = Number(factoryNodes(flow).aggregator.rounds);
  const measured: Learned['measured'] = [];
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
      measured.push(payload as Learned['measured'][number]);
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
  this.timeout(900_000);
  let bench: Bench;
  before(() => {
    bench = createBench();
  });
  after(() => bench.close());

  it('gives with four boards in QEMU, four virtual ones and two gateways the model of ten gateways', async () => {
    const boards = [];
    for (let i = 0; i < 4; i++) boards.push(await bench.board(compilers[i % compilers.length]));
    const flow = smallPlants();
    onBoards(
      flow,
      boards.map(({ qemu }) => qemu.path),
    );
    const started = Date.now();
    const mixed = await learn(flow);
    const seconds = (Date.now() - started) / 1000;
    assert.deepEqual(mixed.updates, Array(20).fill(10));

    const alone = await learn(smallPlants());
    const { averagePrecision, f1 } = mixed.measured[19];
    console.log(`      average precision ${averagePrecision.toFixed(3)}, F1 ${f1.toFixed(3)}, ${seconds.toFixed(0)} s`);
    const bare = ({ measured }: Learned) =>
      measured.map(({ round, averagePrecision, f1 }) => [round, averagePrecision, f1]);
    assert.deepEqual(bare(mixed), bare(alone));
    assert.ok(averagePrecision >= 0.88);
  });
});
