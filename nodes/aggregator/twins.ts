/** Two aggregators of one federation would undo each other's rounds: noticed at the start of each. */
import { RefusedError } from '../../lib/update/message';
import type { FlowNode, Red } from '../shared/red';

const nameOf = (value: unknown): string =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : 'default';

/** Throws RefusedError when another active fl-aggregator has the same federation. */
export function refuseTwins(RED: Red, node: FlowNode, federation: string): void {
  let twin: string | undefined;
  RED.nodes.eachNode((other) => {
    const { d: disabled, federation: theirs, name } = other as typeof other & { d?: boolean; federation?: unknown };
    if (other.type !== 'fl-aggregator' || other.id === node.id || other.id === node._alias || disabled) return;
    // Configured, but in a disabled flow or in the template of a subflow: it does not run.
    if (!RED.nodes.getNode(other.id)) return;
    if (nameOf(theirs) === federation) twin = name || other.id;
  });
  if (twin !== undefined) {
    throw new RefusedError(
      'two-aggregators',
      `Federation "${federation}" has a second aggregator, "${twin}": delete one of them, or give it another federation.`,
    );
  }
}
