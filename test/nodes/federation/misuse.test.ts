import assert from 'node:assert/strict';
import type { FlowItem } from '../runtime';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { type Changes, palette, pumpFlow, pumpFolder } from './factory';

const sentence = (msg: Received): string => (msg.error as { message: string }).message;
const source = (msg: Received): string => (msg.error as { source: { id: string } }).source.id;

/** One thing wrong in the drawing: the node that must say so, its status, and the sentence that the Catch node gets. */
interface Misuse {
  what: string;
  changes: Changes;
  /** A message that shows it. */
  sent?: { to: string; msg: Record<string, unknown> };
  says: string;
  status: string;
  sentence: RegExp;
}

const second: FlowItem = {
  id: 'agg2',
  z: 't',
  type: 'fl-aggregator',
  name: 'the second',
  federation: 'pumps',
  model: 'm',
  wires: [['told'], []],
};
const otherModel: FlowItem = {
  id: 'm2',
  type: 'fl-model',
  name: 'other',
  labels: 'cold, hot',
  features: 'heat, noise',
  inputShape: '',
  layers: [{ type: 'dense', units: 5, activation: 'relu' }],
};

const misuses: Misuse[] = [
  {
    what: 'no model chosen',
    changes: { north: { model: '' } },
    sent: { to: 'north-client', msg: { payload: [1, 2], label: 'hot' } },
    says: 'north-client',
    status: 'no model',
    sentence: /Choose a model: open this node/,
  },
  {
    what: 'a model that was deleted',
    changes: { aggregator: { model: 'gone' } },
    says: 'agg',
    status: 'no model',
    sentence: /model of this node was deleted or is disabled/,
  },
  {
    what: 'a model that cannot be',
    changes: { model: { layers: [{ type: 'conv1d', filters: 2, kernelSize: 3, activation: 'relu' }] } },
    says: 'agg',
    status: 'model not valid',
    sentence: /needs \[steps, channels\]/,
  },
  {
    what: 'a sample with too many features',
    changes: {},
    sent: { to: 'north-client', msg: { payload: [1, 2, 3], label: 'hot' } },
    says: 'north-client',
    status: 'feature count',
    sentence: /takes 2 features, but the sample has 3/,
  },
  {
    what: 'a feature under another name',
    changes: {},
    sent: { to: 'north-client', msg: { payload: { heta: 1, noise: 2 }, label: 'hot' } },
    says: 'north-client',
    status: 'feature names',
    sentence: /no feature "heat"; is it "heta"/,
  },
  {
    what: 'an unknown label',
    changes: {},
    sent: { to: 'north-client', msg: { payload: [1, 2], label: 'warm' } },
    says: 'north-client',
    status: 'unknown label',
    sentence: /"warm" is not a known label; the labels are "cold", "hot"/,
  },
  {
    what: 'no path back to the aggregator',
    changes: { north: { wires: [[], []] } },
    says: 'north-client',
    status: 'no way back',
    sentence: /Wire the first output of this client, through any filters, to fl-aggregator/,
  },
  {
    what: 'a path back that ends elsewhere',
    changes: {
      north: { wires: [['dead-end'], []] },
      more: [{ id: 'dead-end', z: 't', type: 'fl-dataset', source: 'flow', wires: [[], []] }],
    },
    says: 'north-client',
    status: 'no way back',
    sentence: /Wire the first output of this client, through any filters, to fl-aggregator/,
  },
  {
    what: 'an aggregator that reaches nobody',
    changes: { aggregator: { wires: [[], []] } },
    says: 'agg',
    status: 'no wire to clients',
    sentence: /Wire the first output of this aggregator to the clients/,
  },
  {
    what: 'two aggregators for one federation',
    changes: { more: [second] },
    says: 'agg',
    status: 'two aggregators',
    sentence: /Federation "pumps" has a second aggregator, "the second"/,
  },
  {
    what: 'an example imported twice: where the other one is',
    changes: {
      more: [
        { id: 't2', type: 'tab', label: 'Pumps again' },
        { ...second, z: 't2', wires: [[], []] },
      ],
    },
    says: 'agg',
    status: 'two aggregators',
    sentence: /has a second aggregator, "the second" in the flow "Pumps again": delete one/,
  },
  {
    what: 'two clients with one id',
    changes: { north: { client: 'plant' }, south: { client: 'plant' } },
    says: 'north-client',
    status: 'client id twice',
    sentence: /Two clients of federation "pumps" have the id "plant"/,
  },
  {
    what: 'a quorum above the cohort',
    changes: { aggregator: { quorum: '3' } },
    says: 'agg',
    status: 'quorum too high',
    sentence: /Lower the quorum \(3\) to 2/,
  },
  {
    what: 'another model in the client than in the aggregator',
    changes: { north: { model: 'm2' }, more: [otherModel] },
    says: 'north-client',
    status: 'other model',
    sentence: /The aggregator has another model than this client: choose the same fl-model in both/,
  },
  {
    what: 'another federation in the client than in the aggregator',
    changes: { north: { federation: 'dumps' } },
    says: 'north-client',
    status: 'other federation',
    sentence: /federation "pumps" came to a client of "dumps"/,
  },
  {
    what: 'a model that MQTT made text of',
    changes: {},
    sent: { to: 'agg', msg: { payload: '{"fl":{"kind":"join"}}' } },
    says: 'agg',
    status: 'not from fl- nodes',
    sentence: /wire it from an fl- node, or through fl-wire/,
  },
  {
    what: 'class weights for other labels',
    changes: { aggregator: { classWeights: '1, 2, 3' } },
    says: 'agg',
    status: 'bad setting',
    sentence: /one class weight for each of the 2 labels: there are 3/,
  },
  {
    what: 'predictions on public rows where a network belongs',
    changes: { model: { source: 'consensus', publicRows: '5', digest: '0123456789abcdef' }, dataset: { model: '' } },
    says: 'north-client',
    status: 'not a network',
    sentence: /choose it in fl-distill and fl-aggregator only, and here the fl-model of a network/,
  },
  {
    what: 'held-out samples in a client',
    changes: { dataset: { wires: [['south-client'], ['held'], ['north-client']] } },
    says: 'north-client',
    status: 'held-out samples',
    sentence: /wire the last output of fl-dataset to fl-evaluate/,
  },
  {
    what: 'addressed samples that no client is called for',
    changes: { dataset: { outputMode: 'one', wires: [['north-client'], ['held']] }, north: { client: 'plant-1' } },
    says: 'north-client',
    status: 'other client id',
    sentence: /These samples are for client "\w+", but this one is "plant-1"/,
  },
];

describe('what is drawn wrong is said in one sentence, in the status and to the Catch node', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  for (const { what, changes, sent, says, status, sentence: expected } of misuses) {
    it(what, async () => {
      const dataset = { file: `${pumps.folder}/pumps.csv`, ...changes.dataset };
      runtime = await startRuntime(palette, pumpFlow({ ...changes, dataset }));
      const seen = runtime.statusIs(
        says,
        ({ fill, shape, text }) => fill === 'red' && shape === 'ring' && text === status,
      );
      if (sent) runtime.send(sent.to, sent.msg);
      const caught = await runtime.next('caught', (msg) => source(msg) === says && expected.test(sentence(msg)));
      // One sentence: a full stop at the end, and none with a capital behind it before.
      assert.match(sentence(caught), /^[^\n]+[.?!]$/);
      await seen;
    });
  }
});
