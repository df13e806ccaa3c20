/** What an operator may tell a federation. */
import { RefusedError } from '../refused';
import type { Command, RoundEvent } from './round-state';

const commands: readonly string[] = ['start', 'pause', 'step', 'stop', 'reset'] satisfies Command[];
const RELEASE = 'release';

const isPlain = (name: unknown): name is Command => typeof name === 'string' && commands.includes(name);

export const isCommand = (name: unknown): name is Command | typeof RELEASE => isPlain(name) || name === RELEASE;

/** `client`: for "release", whom it is about. Throws RefusedError 'unknown-command'. */
export function commandEvent(name: unknown, client: unknown): RoundEvent {
  if (isPlain(name)) return { type: 'command', command: name };
  if (name !== RELEASE) {
    const told = typeof name === 'string' ? `"${name.slice(0, 40)}"` : `a value of type ${typeof name}`;
    throw new RefusedError(
      'unknown-command',
      `Send one of ${[...commands, RELEASE].join(', ')} as msg.topic: ${told} is none of them.`,
    );
  }
  if (typeof client === 'string' && client !== '') return { type: 'release', client };
  throw new RefusedError('unknown-command', 'Send "release" with the name of a client as msg.payload.');
}
