/** The flows that the package ships, and finding one's way in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowNode } from './admin-api';
import { repositoryRoot } from './node-red-process';

export const factoryExample = '01 - Factory - which engine fails next.json';
export const farmExample = '02 - Farm - frost tonight.json';

const folder = join(repositoryRoot, 'examples', 'flows');

export function exampleFiles(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
}

export function readExample(file: string): FlowNode[] {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
}

export const nodesOf = (flow: readonly FlowNode[], type: string): FlowNode[] =>
  flow.filter((node) => node.type === type);

/** The only node of its type (and name); throws when there is none or more than one. */
export function theNode(flow: readonly FlowNode[], type: string, name?: string): FlowNode {
  const found = nodesOf(flow, type).filter((node) => name === undefined || node.name === name);
  if (found.length !== 1) throw new Error(`The flow has ${found.length} nodes ${type} ${name ?? ''}, not one.`);
  return found[0];
}

/** Adds a wire from an output. */
export function wire(from: FlowNode, output: number, to: FlowNode): void {
  from.wires ??= [];
  while (from.wires.length <= output) from.wires.push([]);
  from.wires[output].push(to.id);
}

/**
 * A function node on the same tab, which runs `code`; in it `report(value)` sends a value to the process that launched
 * Node-RED (see settings-file.ts).
 */
export function addProbe(flow: FlowNode[], id: string, code: string, outputs = 1): FlowNode {
  const tab = flow.find(({ type }) => type === 'tab');
  const probe: FlowNode = {
    id,
    type: 'function',
    z: tab?.id,
    x: 100,
    y: 900 + 40 * flow.length,
    name: id,
    func: `const report = global.get('harness').report;\n${code}`,
    outputs,
    wires: Array.from({ length: outputs }, () => []),
  };
  flow.push(probe);
  return probe;
}

/** An inject node that fires once after a deploy. */
export function addInject(flow: FlowNode[], id: string, topic: string, to: FlowNode, delaySeconds = 0.1): void {
  flow.push({
    id,
    type: 'inject',
    z: to.z,
    x: 100,
    y: 900 + 40 * flow.length,
    props: [{ p: 'topic', vt: 'str' }],
    topic,
    once: true,
    onceDelay: String(delaySeconds),
    repeat: '',
    crontab: '',
    wires: [[to.id]],
  });
}
