/** The settings of an fl-client. */
import type { Eviction } from '../../lib/data/sample-bank';
import { RefusedError } from '../../lib/update/message';
import type { FlowNode, Settings } from '../shared/red';
import { choice, flag, number, text } from '../shared/settings';

const NAME_LIMIT = 100;
const COUNT = { min: 1, max: 1e7, integer: true } as const;

export interface ClientOptions {
  client: string;
  federation: string;
  minSamples: number;
  capacity: number;
  eviction: Eviction;
  persistent: boolean;
}

export const clientId = (settings: Settings, id: string): string =>
  text(settings, 'client', text(settings, 'name', id));

/** Throws RefusedError with one sentence that says what to mend. */
export function clientOptions(settings: Settings, node: FlowNode): ClientOptions {
  const client = clientId(settings, node.id);
  const federation = text(settings, 'federation', 'default');
  for (const [what, name] of [
    ['client id', client],
    ['federation', federation],
  ]) {
    if (name.length > NAME_LIMIT) {
      throw new RefusedError('bad-setting', `Shorten the ${what} to at most ${NAME_LIMIT} characters.`);
    }
  }
  const minSamples = number(settings, 'minSamples', 16, COUNT);
  const capacity = number(settings, 'capacity', 10_000, COUNT);
  if (capacity < minSamples) {
    throw new RefusedError('bad-setting', `Keep at least ${minSamples} samples: it joins only with so many.`);
  }
  return {
    client,
    federation,
    minSamples,
    capacity,
    eviction: choice(settings, 'eviction', ['oldest', 'reservoir'] as const, 'oldest'),
    persistent: flag(settings, 'persistent', true),
  };
}
