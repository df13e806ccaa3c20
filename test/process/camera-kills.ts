/** Six cameras in two groups, killed: groups, evidence, quarantine and what fl-cluster knows are those of a life without kills. */
import assert from 'node:assert/strict';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { addProbe, nodesOf, readExample, theNode, wire } from '../../scripts/lib/example';
import { listenToErrors } from './flows';
import { type Drawing, killSeries, leftAlone, roundsOf } from './kills';

const example = '09 - Groups - cameras upside down.json';
const followed = 'client-6';

/** Without an end. Begins when all six have joined, so that each round of it is the same whenever it is played. */
function cameras(settings: Record<string, string>): FlowNode[] {
  const flow = readExample(example);
  const aggregator = theNode(flow, 'fl-aggregator');
  Object.assign(aggregator, { rounds: '0', start: 'message', pause: '0.1', ...settings });
  const rounds = addProbe(
    flow,
    'hear-rounds',
    `const { round, updateNorm, loss, groups, rejected, quarantined } = msg.payload;
report({ kind: 'round', round, void: msg.payload.void, told: JSON.stringify({ updateNorm, loss, groups, rejected, quarantined }) });`,
    0,
  );
  wire(aggregator, 1, rounds);
  const models = addProbe(
    flow,
    'hear-models',
    `if (msg.fl.kind === 'model') report({ kind: 'model', round: msg.fl.round });`,
    0,
  );
  wire(aggregator, 0, models);
  const clusters = nodesOf(flow, 'fl-cluster').filter(({ mode, client }) => mode === 'client' && client === followed);
  assert.equal(clusters.length, 1);
  const cluster = addProbe(flow, 'hear-cluster', `report({ kind: 'followed', round: msg.fl.round });`, 0);
  wire(clusters[0], 0, cluster);
  const doorman = addProbe(
    flow,
    'doorman',
    `const present = context.get('present') ?? {};
present[msg.fl.client] = true;
context.set('present', present);
if (Object.keys(present).length === 6 && !context.get('begun')) {
  context.set('begun', true);
  return { topic: 'start' };
}`,
  );
  wire(doorman, 0, aggregator);
  for (const client of nodesOf(flow, 'fl-client')) wire(client, 0, doorman);
  listenToErrors(flow);
  return flow;
}

/** IFCA, and a liar that the rule rejects each time until it is no longer asked. */
const withLiar = (): FlowNode[] => {
  const flow = cameras({
    minClients: '5',
    quorum: '5',
    strategy: 'ifca',
    rule: 'norm-bound',
    ruleAbove: 'zero',
    ruleBound: '20',
    quarantine: 'on',
    // About thirteen rejections: in more lives than one.
    quarantineRounds: '1000000000',
  });
  const aggregator = theNode(flow, 'fl-aggregator');
  const adversary: FlowNode = {
    id: 'liar',
    type: 'fl-adversary',
    z: aggregator.z,
    x: 100,
    y: 1900,
    attack: 'sign-flip',
    factor: '300',
    who: 'clients',
    clients: 'client-2',
    wires: [[aggregator.id]],
  };
  flow.push(adversary);
  for (const client of nodesOf(flow, 'fl-client')) {
    client.wires = client.wires?.map((wires) => wires.map((id) => (id === aggregator.id ? adversary.id : id)));
  }
  return flow;
};

export const groupsWithLiar: Drawing = {
  flows: withLiar,
  expects: /"client-2" was rejected again and again/,
  comesTo:
    /"clients":\["client-4","client-5","client-6"\].*"clients":\["client-1","client-3"\].*"quarantined":\["client-2"\]/,
};

/** Sattler's splitting: all in one group at first. */
export const groupsThatPart: Drawing = {
  comesTo: /"clients":\["client-1","client-2","client-3"\].*"clients":\["client-4","client-5","client-6"\]/,
  flows: () => cameras({ strategy: 'clustered', eps1: '0.5', eps2: '0.5', minGroup: '2', maxGroups: '2' }),
};

export async function cameraKills(
  drawing: Drawing,
  { kills, seed }: { kills: number; seed: number },
): Promise<{ rounds: number }> {
  const { lives, rounds } = await killSeries(drawing, kills, seed);
  const alone = new Map(roundsOf(await leftAlone(drawing, rounds)).map(({ round, told }) => [round, told]));
  assert.match(alone.get(rounds) ?? '', drawing.comesTo ?? /^/);
  /** The cluster knew its client's group before this life. */
  let known = false;
  let checked = 0;
  for (const life of lives) {
    for (const { round, told } of roundsOf(life)) assert.equal(told, alone.get(round), `round ${round}, ${life.place}`);
    const first = (kind: 'model' | 'followed') => life.heard.find((message) => message.kind === kind);
    const followed = first('followed');
    // Some lives are too short for one. A cluster that had forgotten the group would let the first models by.
    if (known && followed) {
      assert.deepEqual(followed, { ...first('model'), kind: 'followed' }, life.place);
      checked++;
    }
    known ||= roundsOf(life).length >= 2;
  }
  assert.ok(checked > 0, 'no life followed a group that was known before');
  return { rounds };
}
