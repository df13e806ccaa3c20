/**
 * Whether what leaves an output can get to an aggregator. Followed along the wires of the drawing; where it may leave
 * the drawing (by MQTT, HTTP, a link, a subflow) it is taken for right.
 */
import type { FlowNode, Red, Settings } from './red';

/** They pass nothing on, or do so only by wires: behind them there is no other way. */
const staysHere = (type: string): boolean => type === 'debug' || type.startsWith('fl-');

const wiresOf = (settings: Settings): string[] =>
  Array.isArray(settings.wires) ? settings.wires.flat().filter((id): id is string => typeof id === 'string') : [];

export function reachesAggregator(RED: Red, node: FlowNode): boolean {
  const drawing = new Map<string, Settings>();
  RED.nodes.eachNode((each) => {
    drawing.set(each.id, each as Settings);
  });
  const todo = [...(node.wires?.[0] ?? [])];
  const seen = new Set<string>();
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const next = drawing.get(id);
    // Made by a subflow instance: its nodes have ids that the drawing does not know.
    if (!next || next.type === 'fl-aggregator') return true;
    const wires = wiresOf(next);
    if (wires.length === 0 && !staysHere(next.type)) return true;
    todo.push(...wires);
  }
  return false;
}
