/** Nodes as the editor makes them: the defaults come from their html. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { FlowItem } from './runtime';

/** As Node-RED reads them: dialogues put together of their parts. */
const root = join(__dirname, '..', '..', 'nodes');

interface Definition {
  category: string;
  color?: string;
  defaults: Record<
    string,
    { value: unknown; required?: boolean; validate?: (this: object, value: unknown, opt: object) => unknown }
  >;
  label(this: object): string;
  outputLabels?(this: object, index: number): string;
}

/** What the editor knows of config nodes. */
const configNodes: Record<string, object> = { sound: { valid: true }, broken: { valid: false } };

/** What the editor part of a node registers. */
export function definition(node: string): Definition {
  const html = readFileSync(join(root, node, `${node}.html`), 'utf8');
  const scripts = [...html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)].map(([, code]) => code);
  let found: Definition | undefined;
  const nothing = { length: 0, val: () => undefined };
  runInNewContext(scripts.join('\n'), {
    $: Object.assign(() => nothing, { fn: {} }),
    RED: {
      _: (key: string) => key,
      nodes: {
        registerType: (_type: string, made: Definition) => {
          found = made;
        },
        filterNodes: () => [],
        node: (id: string) => configNodes[id] ?? null,
      },
      utils: { validateTypedProperty: () => true },
    },
  });
  assert.ok(found, node);
  return found;
}

/** A node with the defaults of its dialogue and the changed `fields`. */
export function dropped(node: string, fields: object = {}): FlowItem {
  const { category, defaults } = definition(node);
  const values = Object.entries(defaults).map(([name, { value }]) => [name, value]);
  // As a flow file has them: plain values of this realm.
  const plain = JSON.parse(JSON.stringify(Object.fromEntries(values))) as object;
  const place = category === 'config' ? {} : { z: 't', x: 100, y: 100, wires: [[], []] };
  return { ...plain, id: 'n', type: `fl-${node}`, ...place, ...fields };
}
