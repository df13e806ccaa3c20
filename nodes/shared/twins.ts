import type { FlowNode, Red, Settings } from './red';

/** The name of another node of these types that runs and has the same key; undefined: this one is alone. */
export function findTwin(
  RED: Red,
  node: FlowNode,
  keyOf: (settings: Settings) => string,
  key: string,
  types: readonly string[] = [node.type],
): string | undefined {
  let twin: string | undefined;
  RED.nodes.eachNode((other) => {
    const settings = other as Settings;
    if (!types.includes(settings.type) || settings.id === node.id || settings.id === node._alias || settings.d) return;
    // In a disabled flow, or in the template of a subflow: it does not run.
    if (!RED.nodes.getNode(settings.id)) return;
    if (keyOf(settings) === key) twin = settings.name || settings.id;
  });
  return twin;
}
