/** Three members of fl-distill with networks of their own, and a student of what all say, killed: each round makes the bits of a life without kills. */
import assert from 'node:assert/strict';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { addProbe, nodesOf, readExample, theNode, wire } from '../../scripts/lib/example';
import { listenToErrors } from './flows';
import type { Heard } from './heard';
import { type Drawing, killSeries, type Life, leftAlone, roundsOf } from './kills';

const example = '17 - Distillation - different networks, one federation.json';

/** Without an end. A model's bits are told whole: they are small. */
const tellBits = (whose: string): string =>
  `if (msg.fl.kind === 'model') report({ kind: 'bits', whose: ${whose}, round: msg.fl.round, bits: msg.payload.toString('base64') });`;

function voices(): FlowNode[] {
  const flow = readExample(example);
  const aggregator = theNode(flow, 'fl-aggregator');
  Object.assign(aggregator, { rounds: '0', pause: '0.1' });
  const rounds = addProbe(
    flow,
    'hear-rounds',
    `const { round, updateNorm, loss } = msg.payload;
report({ kind: 'round', round, void: msg.payload.void, told: JSON.stringify({ updateNorm, loss }) });`,
    0,
  );
  wire(aggregator, 1, rounds);
  const said = addProbe(flow, 'hear-said', tellBits(`'all'`), 0);
  wire(aggregator, 0, said);
  const own = addProbe(flow, 'hear-own', tellBits('msg.fl.personal'), 0);
  const student = addProbe(flow, 'hear-student', tellBits(`'student'`), 0);
  for (const distill of nodesOf(flow, 'fl-distill')) {
    distill.persistent = 'true';
    if (distill.role === 'member') wire(distill, 2, own);
    else {
      // From its first weights: what it learns then hangs on its teacher alone, and not on which ones it met.
      distill.start = 'first';
      wire(distill, 0, student);
    }
  }
  listenToErrors(flow);
  return flow;
}

const bitsOf = ({ heard }: Life) =>
  heard.flatMap((message: Heard) =>
    message.kind === 'bits' ? [[`${message.whose} ${message.round}`, message.bits] as const] : [],
  );

export async function voiceKills({ kills, seed }: { kills: number; seed: number }): Promise<{ rounds: number }> {
  const drawing: Drawing = { flows: voices };
  const { lives, rounds } = await killSeries(drawing, kills, seed);
  const alone = await leftAlone(drawing, rounds + 1);
  const told = new Map(roundsOf(alone).map(({ round, told: what }) => [round, what]));
  const bits = new Map(bitsOf(alone));
  const seen = new Set<string>();
  for (const life of lives) {
    for (const { round, told: what } of roundsOf(life))
      assert.equal(what, told.get(round), `round ${round}, ${life.place}`);
    for (const [which, theirs] of bitsOf(life)) {
      const ours = bits.get(which);
      // Lessons that a newer teacher overtook are not given.
      if (ours === undefined) continue;
      assert.ok(theirs === ours, `the network of ${which} has other bits: ${life.place}`);
      seen.add(which.replace(/ .*/, ''));
    }
  }
  assert.deepEqual([...seen].sort(), ['all', 'george', 'jackson', 'lucas', 'student']);
  return { rounds };
}
