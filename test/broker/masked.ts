/** The same two sides, with masks: each plant's updates leave under masks that it has signed, and the aggregator opens their sum. */
import type { FlowNode } from '../../scripts/lib/admin-api';
import { nodesOf, theNode } from '../../scripts/lib/example';
import { aggregatorSide, type Keys, plantSide, plants } from './flows';

export const maskedRounds = 3;

export function maskedAggregator(port: number, keys: Map<string, Keys>): FlowNode[] {
  const flow = aggregatorSide(port, keys);
  const secure = { secure: 'on', secureClip: '10', secureMaxSamples: '100000', secureSigned: true };
  const rounds = { rounds: String(maskedRounds), quorum: '3', deadline: '30', epochs: '5' };
  Object.assign(theNode(flow, 'fl-aggregator'), { ...secure, ...rounds });
  return flow;
}

export function maskedPlants(port: number, keys: Map<string, Keys>): FlowNode[] {
  const flow = plantSide(port, keys);
  const incoming = nodesOf(flow, 'fl-wire').find(({ direction }) => direction === 'unpack');
  const trusted = plants.map((client) => ({ client, key: keys.get(client)?.publicKey }));
  for (const client of nodesOf(flow, 'fl-client')) {
    const id = String(client.client);
    const mask: FlowNode = {
      ...{ id: `mask-${id}`, type: 'fl-secure-mask', z: client.z, x: 200, y: 300, minClients: '3', statistics: 'pass' },
      ...{ sign: true, signAs: id, trusted, credentials: { privateKey: keys.get(id)?.privateKey } },
      wires: [client.wires?.[0] ?? [], []],
    };
    client.wires = [[mask.id], []];
    incoming?.wires?.[0].push(mask.id);
    flow.push(mask);
  }
  return flow;
}
