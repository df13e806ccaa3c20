/** The admin routes behind the list in the dialogue: who is in quarantine at this moment and why, and letting a client back. */
import type { Registered } from '../../lib/federation/coordinator';
import { RefusedError } from '../../lib/refused';
import type { FlowNode, Red } from '../shared/red';
import { sentenceOf } from '../shared/refusals';

/** What an fl-aggregator offers to the routes. */
export interface QuarantineKeeper extends FlowNode {
  /** Every client that it remembers. */
  registry(): Promise<readonly Registered[]>;
  release(client: string): Promise<void>;
}

export interface Quarantined {
  client: string;
  /** The round after which it was no longer asked. */
  since: number;
  rejections: number;
  /** Why it was rejected the last time. */
  reason: string;
}

/** In the order in which they were quarantined. */
export const quarantinedIn = (registry: readonly Registered[]): Quarantined[] =>
  registry
    .flatMap(({ client, quarantined, rejections = 0, reason = '' }) =>
      quarantined === undefined ? [] : [{ client, since: quarantined, rejections, reason }],
    )
    .sort((a, b) => a.since - b.since || (a.client < b.client ? -1 : 1));

const isKeeper = (node: unknown): node is QuarantineKeeper =>
  typeof node === 'object' && node !== null && 'type' in node && node.type === 'fl-aggregator' && 'release' in node;

export function registerQuarantine(RED: Red): void {
  const listOf = async (id: string): Promise<Quarantined[]> => quarantinedIn(await keeperOf(id).registry());
  const keeperOf = (id: string): QuarantineKeeper => {
    const node: unknown = RED.nodes.getNode(id);
    if (isKeeper(node)) return node;
    throw new RefusedError('not-running', RED._('quarantine.notRunning'));
  };
  RED.httpAdmin.get(
    '/fl-tinyml/aggregator/:id/quarantine',
    RED.auth.needsPermission('fl.read'),
    (request, response) => {
      listOf(String(request.params.id)).then(
        (quarantined) => response.json({ quarantined }),
        (thrown) => response.json({ problem: sentenceOf(thrown).message }),
      );
    },
  );
  RED.httpAdmin.post('/fl-tinyml/aggregator/:id/release', RED.auth.needsPermission('fl.write'), (request, response) => {
    const release = async (): Promise<Quarantined[]> => {
      const id = String(request.params.id);
      const body: unknown = request.body;
      const named = typeof body === 'object' && body !== null && 'client' in body ? body.client : undefined;
      const client = typeof named === 'string' ? named : '';
      if (!(await listOf(id)).some((one) => one.client === client)) {
        throw new RefusedError('not-quarantined', RED._('quarantine.notThere', { client }));
      }
      await keeperOf(id).release(client);
      return listOf(id);
    };
    release().then(
      (quarantined) => response.json({ quarantined }),
      (thrown) => response.status(400).json({ problem: sentenceOf(thrown).message }),
    );
  });
}
