/** What every node that takes part in a federation is told by its settings, and what must be so on the canvas. */
import { RefusedError } from '../../lib/refused';
import { reachesAggregator } from './path';
import type { FlowNode, Red, Settings } from './red';
import { number, text } from './settings';
import { findTwin } from './twins';

const NAME_LIMIT = 100;
export const COUNT = { min: 1, max: 1e7, integer: true } as const;

export interface Participation {
  /** Id in the federation. */
  client: string;
  federation: string;
  /** It joins with so many. */
  minSamples: number;
  /** Rows that are kept at most. */
  capacity: number;
}

const clientId = (settings: Settings, id: string): string => text(settings, 'client', text(settings, 'name', id));
const federationOf = (settings: Settings): string => text(settings, 'federation', 'default');

/** Throws RefusedError with one sentence that says what to mend. */
export function participation(settings: Settings, node: FlowNode, capacityDefault: number): Participation {
  const client = clientId(settings, node.id);
  const federation = federationOf(settings);
  for (const [what, name] of [
    ['client id', client],
    ['federation', federation],
  ]) {
    if (name.length > NAME_LIMIT) {
      throw new RefusedError('bad-setting', `Shorten the ${what} to at most ${NAME_LIMIT} characters.`);
    }
  }
  const minSamples = number(settings, 'minSamples', 16, COUNT);
  const capacity = number(settings, 'capacity', capacityDefault, COUNT);
  if (capacity < minSamples) {
    throw new RefusedError('bad-setting', `Keep at least ${minSamples} samples: it joins only with so many.`);
  }
  return { client, federation, minSamples, capacity };
}

/** An fl-distill is a participant in one of its roles only. */
const takesPart = ({ type, role }: Settings): boolean => type !== 'fl-distill' || role === 'member';

/** Throws RefusedError when another participant has the same id, or when its answers cannot get to an aggregator. */
export function requirePlace(RED: Red, node: FlowNode, { client, federation }: Participation): void {
  const keyOf = (other: Settings): string =>
    takesPart(other) ? JSON.stringify([clientId(other, other.id), federationOf(other)]) : '';
  const own = JSON.stringify([client, federation]);
  const twin = findTwin(RED, node, keyOf, own, ['fl-client', 'fl-serial-device', 'fl-distill']);
  if (twin !== undefined) {
    throw new RefusedError(
      'same-client',
      `Two clients of federation "${federation}" have the id "${client}" (the other is ${twin}): rename one.`,
    );
  }
  if (!reachesAggregator(RED, node)) {
    throw new RefusedError(
      'no-path',
      'Wire the first output of this client, through any filters, to fl-aggregator: its updates do not get there.',
    );
  }
}
