/** The factory cut in two at its wires: plants in one Node-RED, the aggregator in another, MQTT between them. */
import { generateKeyPairSync } from 'node:crypto';
import { factoryNodes, factorySettings } from '../../scripts/demo/factory';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { addProbe, nodesOf } from '../../scripts/lib/example';

export const plants = ['plant-01', 'plant-02', 'plant-03'];
export const rounds = 8;
/** In the middle of this one the broker goes away. */
export const cutRound = 3;

export interface Keys {
  publicKey: string;
  privateKey: string;
}

export function makeKeys(): Map<string, Keys> {
  const pair = (): Keys =>
    generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
  return new Map(['aggregator', ...plants].map((id) => [id, pair()]));
}

const topics = { toPlants: 'factory/model', toAggregator: 'factory/update' };

/** Nodes for one side: its broker, and a way in and out. Bytes that come in go to `toInside`. */
function mqtt(tab: string, port: number, listen: string, toInside: string[]): FlowNode[] {
  const place = { z: tab, x: 100, y: 100 };
  return [
    {
      id: 'mqtt-connection',
      type: 'mqtt-broker',
      name: 'loopback',
      broker: '127.0.0.1',
      port: String(port),
      clientid: '',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '10',
      cleansession: true,
    },
    {
      id: 'mqtt-in',
      type: 'mqtt in',
      ...place,
      topic: listen,
      qos: '1',
      datatype: 'buffer',
      broker: 'mqtt-connection',
      inputs: 0,
      wires: [toInside],
    },
  ];
}

const mqttOut = (tab: string, id: string, topic: string): FlowNode => ({
  id,
  type: 'mqtt out',
  z: tab,
  x: 100,
  y: 200,
  topic,
  qos: '1',
  retain: 'false',
  broker: 'mqtt-connection',
  wires: [],
});

/** Signs what goes out in the name of `id`, and takes in only what one of `trusted` has signed. */
function fence(tab: string, name: string, id: string, keys: Map<string, Keys>, trusted: string[]): FlowNode[] {
  const shared = { type: 'fl-wire', z: tab, x: 300, y: 300, publicKey: '', signAs: '', trusted: [] };
  return [
    {
      ...shared,
      id: `${name}-out`,
      direction: 'pack',
      sign: true,
      signAs: id,
      publicKey: keys.get(id)?.publicKey,
      requireSignature: false,
      credentials: { privateKey: keys.get(id)?.privateKey },
      wires: [['mqtt-out']],
    },
    {
      ...shared,
      id: `${name}-in`,
      direction: 'unpack',
      sign: false,
      requireSignature: true,
      trusted: trusted.map((client) => ({ client, key: keys.get(client)?.publicKey })),
      wires: [[]],
    },
  ];
}

/** Everything that the Catch node of a side gets. */
function listenForErrors(flow: FlowNode[], tab: string): void {
  const caught = addProbe(
    flow,
    'hear-errors',
    `report({ topic: 'error', payload: { message: msg.error.message } });`,
    0,
  );
  flow.push({ id: 'catch', type: 'catch', z: tab, x: 100, y: 400, scope: null, uncaught: false, wires: [[caught.id]] });
}

export function aggregatorSide(port: number, keys: Map<string, Keys>): FlowNode[] {
  const flow = factorySettings({ rounds });
  const { aggregator, model, evaluator, test } = factoryNodes(flow);
  const tab = String(aggregator.z);
  Object.assign(aggregator, { minClients: '3', quorum: '2', deadline: '15', epochs: '30' });
  const [way, back] = fence(tab, 'wire', 'aggregator', keys, plants);
  back.wires = [[aggregator.id]];
  const kept = [flow[0], model, aggregator, evaluator, test, way, back];
  for (const node of kept) delete node.g;
  const ears = addProbe(kept, 'ears', 'report({ topic: msg.topic, payload: msg.payload });', 0);
  aggregator.wires = [[way.id, evaluator.id], [ears.id]];
  evaluator.wires = [[ears.id]];
  listenForErrors(kept, tab);
  return [...kept, ...mqtt(tab, port, topics.toAggregator, [back.id]), mqttOut(tab, 'mqtt-out', topics.toPlants)];
}

/** Between a plant and its way out: the first update of a round finds a broker that has just been killed. */
export function cutTheBroker(flow: FlowNode[], pid: number): void {
  for (const client of nodesOf(flow, 'fl-client')) {
    const knife = addProbe(
      flow,
      `knife-${client.client}`,
      `if (msg.fl.kind === 'update' && msg.fl.round === ${cutRound} && !flow.get('cut')) {
  flow.set('cut', true);
  global.get('harness').process.kill(${pid}, 'SIGKILL');
  report({ topic: 'cut', payload: {} });
}
return msg;`,
    );
    knife.wires = [client.wires?.[0] ?? []];
    client.wires = [[knife.id], []];
  }
}

export function plantSide(port: number, keys: Map<string, Keys>): FlowNode[] {
  const flow = factorySettings();
  const { model, training } = factoryNodes(flow);
  const tab = String(training.z);
  const clients = nodesOf(flow, 'fl-client').filter(({ client }) => plants.includes(String(client)));
  Object.assign(training, {
    where: [{ column: 'plant', operator: 'in', value: plants.join(', ') }],
    clientNames: plants.join(', '),
    outputs: plants.length + 1,
    wires: [...clients.map(({ id }) => [id]), []],
  });
  const kept = [flow[0], model, training, ...clients];
  const [, incoming] = fence(tab, 'wire', plants[0], keys, ['aggregator']);
  for (const client of clients) {
    const [way] = fence(tab, String(client.client), String(client.client), keys, ['aggregator']);
    client.wires = [[way.id], []];
    kept.push(way);
  }
  incoming.wires = [clients.map(({ id }) => id)];
  kept.push(incoming);
  for (const node of kept) delete node.g;
  listenForErrors(kept, tab);
  return [...kept, ...mqtt(tab, port, topics.toPlants, [incoming.id]), mqttOut(tab, 'mqtt-out', topics.toAggregator)];
}
