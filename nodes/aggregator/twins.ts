/** Two aggregators of one federation would undo each other's rounds: noticed at the start of each. */
import { RefusedError } from '../../lib/update/message';
import type { FlowNode, Red } from '../shared/red';
import { text } from '../shared/settings';
import { findTwin } from '../shared/twins';

/** Throws RefusedError when another active fl-aggregator has the same federation. */
export function refuseTwins(RED: Red, node: FlowNode, federation: string): void {
  const twin = findTwin(RED, node, (other) => text(other, 'federation', 'default'), federation);
  if (twin === undefined) return;
  throw new RefusedError(
    'two-aggregators',
    `Federation "${federation}" has a second aggregator, ${twin}: delete one of them, or give it another federation.`,
  );
}
