/** Drawings with fl-distill: the pumps of test/nodes/federation, and rows of theirs that all have. */
import { pumpFlow } from '../federation/factory';
import type { FlowItem, Received } from '../runtime';

export const nodes = [
  'model',
  'dataset',
  'client',
  'aggregator',
  'distill',
  'evaluate',
  'predict',
  'cluster',
  'quantize',
];

export const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });

/** A network for the pumps. */
export const network = (id: string, layers: unknown[], wishes: Record<string, unknown> = {}): FlowItem => ({
  id,
  type: 'fl-model',
  name: '',
  task: 'classify',
  labels: 'cold, hot',
  features: 'heat, noise',
  inputShape: '',
  layers,
  ...wishes,
});
export const dense = (units: number) => ({ type: 'dense', units, activation: 'relu' });

export const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;
export const isEvent =
  (event: string, client?: string) =>
  (msg: Received): boolean =>
    payload(msg).event === event && (client === undefined || payload(msg).client === client);
export const isModel = (msg: Received): boolean => msg.fl?.kind === 'model';
export const sentence = (msg: Received): string => (msg.error as { message: string }).message;

/** Of the whole flow only these nodes, with other settings where they are given. */
export const changed = (flow: FlowItem[], changes: Record<string, Record<string, unknown>>): FlowItem[] =>
  flow.map((node) => ({ ...node, ...changes[node.id] }));

export const withoutClients = (flow: FlowItem[]): FlowItem[] => flow.filter(({ type }) => type !== 'fl-client');

/** North with a network of one layer, south with a larger one, east (whose rows are like both) with one sigmoid output. */
export const PUBLIC = 60;

interface Wishes {
  /** Of the consensus' fl-model. */
  consensus: Record<string, unknown>;
  changes?: Record<string, Record<string, unknown>>;
  more?: FlowItem[];
}

/** 300 rows for three members, 60 public ones with the topic "public", and a student of all. */
export function memberFlow({ consensus, changes = {}, more = [] }: Wishes): FlowItem[] {
  const member = (name: string, own: string): FlowItem => ({
    id: `${name}-member`,
    z: 't',
    type: 'fl-distill',
    role: 'member',
    name,
    federation: 'pumps',
    network: own,
    consensus: 'agreed',
    outputs: 3,
    persistent: 'false',
    wires: [['agg', 'sent'], ['events'], ['own']],
  });
  const flow = withoutClients(
    pumpFlow({
      dataset: {
        split: 'iid',
        clients: '3',
        where: [{ column: 'noise', operator: '<', value: '1' }],
        wires: [['north-member'], ['south-member'], ['east-member'], ['held', 'figures-of']],
      },
      aggregator: {
        model: 'agreed',
        minClients: '3',
        quorum: '3',
        rounds: '5',
        epochs: '10',
        wires: [['north-member', 'south-member', 'east-member', 'learner', 'told'], ['metrics']],
      },
    }),
  );
  const data = flow.find(({ id }) => id === 'data');
  return changed(
    [
      ...flow,
      network('small', []),
      network('large', [dense(8), dense(4)]),
      network('sigmoid', [dense(4), { type: 'dense', units: 1, activation: 'sigmoid' }], { addOutput: false }),
      network('pupil', [dense(3)]),
      { id: 'agreed', type: 'fl-model', name: '', source: 'consensus', labels: 'cold, hot', ...consensus },
      {
        ...data,
        id: 'open',
        z: 't',
        type: 'fl-dataset',
        split: 'single',
        where: [{ column: 'noise', operator: '>=', value: '1' }],
        holdOut: 'none',
        topic: 'public',
        wires: [['north-member', 'south-member', 'east-member', 'learner'], []],
      },
      member('north', 'small'),
      member('south', 'large'),
      member('east', 'sigmoid'),
      {
        id: 'learner',
        z: 't',
        type: 'fl-distill',
        role: 'student',
        name: '',
        student: 'pupil',
        epochs: '60',
        consensus: 'agreed',
        persistent: 'false',
        wires: [['taught', 'figures-of'], ['events']],
      },
      { id: 'figures-of', z: 't', type: 'fl-evaluate', model: 'pupil', wires: [['figures']] },
      ...['sent', 'own', 'taught', 'figures'].map(sink),
      ...more,
    ],
    changes,
  );
}
