import type { FlowNode, Red, Settings } from './red';

/**
 * Another node of these types that runs and has the same key, as words for a sentence: its name, and its flow unless that is
 * the same; undefined: this one is alone.
 */
export function findTwin(
  RED: Red,
  node: FlowNode,
  keyOf: (settings: Settings) => string,
  key: string,
  types: readonly string[] = [node.type],
): string | undefined {
  let twin: Settings | undefined;
  const labels = new Map<unknown, unknown>();
  RED.nodes.eachNode((other) => {
    const settings = other as Settings;
    if (settings.type === 'tab') labels.set(settings.id, settings.label);
    if (!types.includes(settings.type) || settings.id === node.id || settings.id === node._alias || settings.d) return;
    // In a disabled flow, or in the template of a subflow: it does not run.
    if (!RED.nodes.getNode(settings.id)) return;
    if (keyOf(settings) === key) twin = settings;
  });
  if (!twin) return undefined;
  const flow = twin.z === node.z ? undefined : labels.get(twin.z);
  return `"${twin.name || twin.id}"${flow ? ` in the flow "${flow}"` : ''}`;
}
