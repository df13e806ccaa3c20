/** The cable of a node: to the port that its settings name, or to a virtual board of its own. */
import { createHash } from 'node:crypto';
import type { OpenLine } from '../../lib/board/board';
import { serialLine } from '../../lib/board/serial/serial-line';
import { virtualBoard } from '../../lib/board/virtual/virtual-board';
import { RefusedError } from '../../lib/refused';
import { type Cable, createCable } from './cable';

export interface DeviceLine {
  openLine: OpenLine;
  /** Of a virtual board, to be pulled. */
  cable?: Cable;
  /** Why the line could not be opened the last time. */
  readonly trouble: RefusedError | undefined;
  close(): Promise<void>;
}

/** The same for a node as long as it is in the drawing. */
const virtualId = (node: string): string =>
  createHash('sha256').update(`virtual board of node ${node}`).digest('hex').slice(0, 32);

export function createLine(port: string | undefined, node: string): DeviceLine {
  const device = port === undefined ? virtualBoard({ id: virtualId(node) }) : undefined;
  const cable = device && createCable(device.openLine);
  const open: OpenLine = cable ? cable.openLine : serialLine({ path: port ?? '' });
  let trouble: RefusedError | undefined;
  return {
    cable,
    get trouble() {
      return cable?.trouble ?? trouble;
    },
    async openLine(events, wanted) {
      try {
        const line = await open(events, wanted);
        trouble = undefined;
        return line;
      } catch (thrown) {
        trouble = thrown instanceof RefusedError ? thrown : undefined;
        throw thrown;
      }
    },
    async close() {
      await device?.close();
    },
  };
}
