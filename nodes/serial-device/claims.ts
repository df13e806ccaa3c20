/** One port, and one board, belongs to one node: whoever comes second is told the name of the first. */
import type { EventEmitter } from 'node:events';
import { realpath } from 'node:fs/promises';
import { RefusedError } from '../../lib/refused';
import { type FlowNode, type Red, runtimeKey, type Settings } from '../shared/red';
import { text } from '../shared/settings';

/** Somebody else has it. */
export class InUseError extends RefusedError {
  constructor(
    code: string,
    message: string,
    /** The name of the other one. */
    readonly user: string,
  ) {
    super(code, message);
  }
}

interface Owner {
  node: FlowNode;
  name: string;
}

const runtimes = new WeakMap<EventEmitter, Map<string, Owner>>();

export interface Claims {
  /** Throws RefusedError 'port-in-use'. */
  port(path: string): Promise<void>;
  /** Throws RefusedError 'board-in-use'. */
  board(id: string): void;
  /** Gives back all that was claimed. */
  release(): void;
}

/** The name of a node of another palette that has the port in its settings. */
function otherUser(RED: Red, path: string): string | undefined {
  let user: string | undefined;
  RED.nodes.eachNode((each) => {
    const other = each as Settings;
    // The config node of node-red-node-serialport.
    if (other.type === 'serial-port' && other.serialport === path && !other.d && RED.nodes.getNode(other.id)) {
      user = other.name || 'serial-port';
    }
  });
  return user;
}

export function createClaims(RED: Red, node: FlowNode, settings: Settings): Claims {
  const owners = runtimes.get(runtimeKey(RED)) ?? new Map<string, Owner>();
  runtimes.set(runtimeKey(RED), owners);
  const name = text(settings, 'name', text(settings, 'client', node.id));
  const claim = (key: string): string | undefined => {
    const owner = owners.get(key);
    if (owner && owner.node !== node) return owner.name;
    owners.set(key, { node, name });
    return undefined;
  };
  return {
    async port(path) {
      const real = await realpath(path).catch(() => path);
      const user = otherUser(RED, path) ?? claim(`port ${real}`);
      if (user === undefined) return;
      throw new InUseError(
        'port-in-use',
        `The port ${path} is used by "${user}": choose another port here, or delete that node.`,
        user,
      );
    },
    board(id) {
      const user = claim(`board ${id}`);
      if (user === undefined) return;
      throw new InUseError(
        'board-in-use',
        `This board is used by "${user}" already: delete one of the two nodes.`,
        user,
      );
    },
    release() {
      for (const [key, owner] of owners) if (owner.node === node) owners.delete(key);
    },
  };
}
