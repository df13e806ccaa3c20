/** Five machines that mask their updates, killed: keys are made anew for each asking, and no client says twice what opens a mask. */
import assert from 'node:assert/strict';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { addProbe, nodesOf, readExample, theNode, wire } from '../../scripts/lib/example';
import { listenToErrors } from './flows';
import { type Drawing, killSeries } from './kills';

const example = '19 - The aggregator learns only the sum.json';

function masked(): FlowNode[] {
  const flow = readExample(example);
  const aggregator = theNode(flow, 'fl-aggregator');
  Object.assign(aggregator, { rounds: '0', pause: '0.1', deadline: '8' });
  const rounds = addProbe(
    flow,
    'hear-rounds',
    `report({ kind: 'round', round: msg.payload.round, void: msg.payload.void });`,
    0,
  );
  wire(aggregator, 1, rounds);
  const said = addProbe(
    flow,
    'hear-masks',
    `const { kind, step, client, attempt } = msg.fl;
if (kind === 'secure' || kind === 'update') {
  report({ kind: 'masked', step: step || kind, client, attempt, bits: msg.payload.toString('base64') });
}`,
    0,
  );
  for (const mask of nodesOf(flow, 'fl-secure-mask')) wire(mask, 0, said);
  listenToErrors(flow);
  return flow;
}

export async function maskedKills({ kills, seed }: { kills: number; seed: number }): Promise<{ rounds: number }> {
  const drawing: Drawing = { flows: masked, expects: /came too late|quorum|secure|masks|was missed/i };
  const { lives, rounds } = await killSeries(drawing, kills, seed);
  const said = new Set<string>();
  const bits = new Set<string>();
  let opened = 0;
  for (const { heard, place } of lives) {
    for (const message of heard) {
      if (message.kind !== 'masked') continue;
      const { step, client, attempt } = message;
      const what = JSON.stringify([step, client, attempt]);
      assert.ok(!said.has(what), `twice: ${what}, ${place}`);
      assert.ok(!bits.has(message.bits), `the same bytes again: ${what}, ${place}`);
      said.add(what);
      bits.add(message.bits);
      if (step === 'unmask') opened++;
    }
  }
  assert.ok(opened > 0, 'no sum was opened');
  return { rounds };
}
