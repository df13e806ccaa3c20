/** Whether a node that closes will never be there again. */
import type { FlowNode, Red } from './red';

/**
 * Node-RED says `removed` of a node that was disabled too, alone or with its tab, and never of one inside a subflow. What is deployed
 * now, in which disabled nodes are as well, tells more: there it is gone, or the subflow is, or the place where that was used.
 */
export function isDeleted(RED: Red, { id, _alias: alias }: FlowNode, removed: boolean): boolean {
  if (alias === undefined && !removed) return false;
  let own = false;
  let place = false;
  RED.nodes.eachNode((one) => {
    if (one.id === (alias ?? id)) own = true;
    if (id.startsWith(`${one.id}-`)) place = true;
  });
  return alias === undefined ? !own : !own || !place;
}
