/** A drawing of examples/flows/, as a user imports it, in a runtime of the tests: it learns by itself, and shows what it is there to show. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowItem, type Received, type Runtime, startRuntime } from './runtime';

const folder = join(__dirname, '..', '..', '..', 'examples', 'flows');

/** Where Node-RED keeps those of its own nodes that the drawings have. */
const own: Record<string, string> = {
  inject: 'core/common/20-inject',
  'link in': 'core/common/60-link',
  'link out': 'core/common/60-link',
  comment: 'core/common/90-comment',
  function: 'core/function/10-function',
  change: 'core/function/15-change',
  delay: 'core/function/89-delay',
  trigger: 'core/function/89-trigger',
};
/** Known to each Node-RED, or to each runtime of the tests. */
const known = ['tab', 'group', 'catch', 'sink', 'serial-port'];

/** By its number. As drawn, but what goes to a debug node is kept for the test, under the name that it has there. */
export function exampleItems(number: string): FlowItem[] {
  const file = readdirSync(folder).find((name) => name.startsWith(`${number} - `));
  const items: FlowItem[] = JSON.parse(readFileSync(join(folder, file ?? number), 'utf8'));
  const debugs = new Map(items.filter(({ type }) => type === 'debug').map(({ id, name }) => [id, String(name)]));
  return items.map((item) => ({
    ...item,
    ...(item.type === 'debug' && { id: debugs.get(item.id) ?? item.id, type: 'sink' }),
    ...(Array.isArray(item.wires) && {
      wires: item.wires.map((output: string[]) => output.map((to) => debugs.get(to) ?? to)),
    }),
    ...(item.type === 'group' && {
      nodes: (item.nodes as string[]).map((id) => debugs.get(id) ?? id),
    }),
  }));
}

export function startExample(number: string): Promise<Runtime> {
  const items = exampleItems(number);
  const types = [...new Set(items.map(({ type }) => type))].filter((type) => !known.includes(type));
  return startRuntime([...new Set(types.map((type) => own[type] ?? type.replace(/^fl-/, '')))], items);
}

export type Figures = Record<string, number>;
export const figures = (msg: Received): Figures => msg.payload as Figures;
export const lastAccuracy = (runtime: Runtime): number =>
  figures(runtime.received('how good').at(-1) as Received).accuracy;
