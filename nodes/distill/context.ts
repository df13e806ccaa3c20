/** What each role of an fl-distill is given. */
import type { Pool } from '../../lib/training/pool';
import type { Lease } from '../shared/lease';
import type { FlowMessage, FlowNode, Red, Settings } from '../shared/red';
import type { Shell } from '../shared/shell';

export interface Context {
  RED: Red;
  node: FlowNode;
  settings: Settings;
  shell: Shell;
  pool: Lease<Pool>;
  /** By one output, counted from 0; nothing once the node has closed. */
  send(output: number, message: FlowMessage): void;
  /** By the second output. */
  event(payload: Record<string, unknown>): void;
}

/** What a role does with what comes. */
export interface Role {
  /** Runs once the flow has started. */
  start(): void | Promise<void>;
  take(msg: FlowMessage): void | Promise<void>;
  /** `removed`: for good. */
  close(removed: boolean): Promise<void>;
}
