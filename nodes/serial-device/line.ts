/** The cable of a node: to the port that its settings name, or to a virtual board of its own. */
import { createHash } from 'node:crypto';
import type { OpenLine } from '../../lib/board/board';
import { serialLine } from '../../lib/board/serial/serial-line';
import { virtualBoard } from '../../lib/board/virtual/virtual-board';
import { RefusedError } from '../../lib/refused';
import type { Red, Settings } from '../shared/red';
import { type Cable, createCable } from './cable';

export interface DeviceLine {
  openLine: OpenLine;
  /** Of a virtual board, to be pulled. */
  cable?: Cable;
  close(): Promise<void>;
}

export interface LineParts {
  RED: Red;
  /** Id of the node. */
  node: string;
  /** What it is called, for others that want its port. */
  name: string;
  /** Undefined: a virtual board. */
  port: string | undefined;
}

/** The same for a node as long as it is in the drawing. */
const virtualId = (node: string): string =>
  createHash('sha256').update(`virtual board of node ${node}`).digest('hex').slice(0, 32);

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

export function createLine({ RED, node, name, port }: LineParts): DeviceLine {
  if (port === undefined) {
    const board = virtualBoard({ id: virtualId(node), name });
    const cable = createCable(board.openLine);
    return { openLine: cable.openLine, cable, close: () => board.close() };
  }
  const open = serialLine({ path: port, name });
  return {
    async openLine(events, wanted) {
      const user = otherUser(RED, port);
      if (user !== undefined) {
        throw new RefusedError(
          'port-shared',
          `${port} is used by "${user}": choose another port here, or delete that node.`,
        );
      }
      return open(events, wanted);
    },
    async close() {},
  };
}
