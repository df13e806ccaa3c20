/** The factory deployed anew a hundred times, each time in the middle of a round: it closes fast and leaves nothing behind. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { factoryNodes, factorySettings } from '../../scripts/demo/factory';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { addProbe, nodesOf, wire } from '../../scripts/lib/example';
import { launchNodeRed, type NodeRedVersion } from '../../scripts/lib/node-red-process';

const REDEPLOYS = 100;
/** After so long Node-RED gives up on a node that does not close. Closing takes a second at most; the rest depends on the machine. */
const CLOSE_LIMIT_MS = 15_000;
/** Caches are full by then. */
const WARM = 20;

type Heard = { kind: 'asked' } | { kind: 'state'; bytes: number; handles: number };

/** Rounds without an end, each longer than the test looks at it. */
function endless(turn: number): FlowNode[] {
  const flow = factorySettings({ rounds: 0 });
  const { aggregator } = factoryNodes(flow);
  aggregator.epochs = '10000';
  // One of the plants has a virtual board.
  const [plant] = nodesOf(flow, 'fl-client');
  Object.assign(plant, {
    type: 'fl-serial-device',
    board: 'virtual',
    capacity: '300',
    wires: [plant.wires?.[0] ?? [], [], []],
  });
  aggregator.name = `turn ${turn}`;
  const asked = addProbe(flow, 'hear-asked', `if (msg.fl.kind === 'model') report({ kind: 'asked' });`, 0);
  wire(aggregator, 0, asked);
  const state = addProbe(
    flow,
    'hear-state',
    `const { process } = global.get('harness');
const builtin = (name) => process.getBuiltinModule(name);
builtin('v8').setFlagsFromString('--expose-gc');
builtin('vm').runInNewContext('gc')();
const { heapUsed, external } = process.memoryUsage();
report({ kind: 'state', bytes: heapUsed + external, handles: process.getActiveResourcesInfo().length });`,
    0,
  );
  flow.push({
    id: 'every-moment',
    type: 'inject',
    z: state.z,
    x: 100,
    y: 2100,
    props: [{ p: 'payload' }],
    payload: '',
    payloadType: 'date',
    repeat: '1',
    once: true,
    onceDelay: 0.1,
    wires: [[state.id]],
  });
  return flow;
}

for (const version of [4, 5] as NodeRedVersion[]) {
  it(`Node-RED ${version}: ${REDEPLOYS} redeploys in the middle of a round`, async () => {
    let heard: Heard[] = [];
    const nodeRed = await launchNodeRed({
      version,
      flows: endless(0),
      onReport: (value) => heard.push(value as Heard),
    });
    const asked = async (): Promise<void> => {
      while (!heard.some(({ kind }) => kind === 'asked')) await sleep(20);
    };
    /** The least of some looks, a second apart, with what the collector can take away gone. */
    const settled = async (): Promise<{ bytes: number; handles: number }> => {
      heard = [];
      let states: Extract<Heard, { kind: 'state' }>[] = [];
      while (states.length < 5) {
        await sleep(100);
        states = heard.filter((one) => one.kind === 'state');
      }
      return {
        bytes: Math.min(...states.map(({ bytes }) => bytes)),
        handles: Math.min(...states.map(({ handles }) => handles)),
      };
    };
    try {
      let early = { bytes: 0, handles: 0 };
      let longest = 0;
      for (let turn = 1; turn <= REDEPLOYS; turn++) {
        await asked();
        heard = [];
        const begun = performance.now();
        await nodeRed.deploy(endless(turn));
        longest = Math.max(longest, performance.now() - begun);
        if (turn === WARM) early = await settled();
      }
      await asked();
      const late = await settled();
      assert.ok(longest < CLOSE_LIMIT_MS, `the longest deploy took ${longest.toFixed(0)} ms`);
      assert.ok(late.handles <= early.handles + 5, `${early.handles} handles became ${late.handles}`);
      const grown = (late.bytes - early.bytes) / 2 ** 20;
      assert.ok(grown < 20, `${grown.toFixed(1)} MB more after ${REDEPLOYS - WARM} redeploys`);
      console.log(
        `      longest deploy ${longest.toFixed(0)} ms, ${early.handles} -> ${late.handles} handles, ${grown.toFixed(1)} MB more`,
      );
    } finally {
      await nodeRed.stop();
    }
  }).timeout(600_000);
}
