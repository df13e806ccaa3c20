/**
 * A Node-RED for the tests of the nodes: test-helper, with the nodes' real texts (test-helper's own `_` gives back the
 * key), its own user directory, and what the nodes sent, said and reported, ready to be awaited.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import helper, { type FlowItem } from 'node-red-node-test-helper';

export type { FlowItem };

/** What has not come by then (ms) does not come: no test takes so long, and a busy machine may. It ends before mocha's own limit. */
const patience = 200_000;

/** Node-RED gives up (ms) on a node that does not close. Ours take a second at most; what a deploy takes depends on the machine. */
export const closeLimit = 15_000;

export type Received = Record<string, unknown> & { payload?: unknown; fl?: Record<string, unknown> };
export interface Shown {
  fill?: string;
  shape?: string;
  text?: string;
}

const root = join(__dirname, '..', '..', '..');

function lookUp(catalog: unknown, key: string): unknown {
  let value = catalog;
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** As i18next does in Node-RED: keys with dots, __name__ for values; what is not there gives the key. */
export function translator(catalog: unknown): (key: string, values?: Record<string, unknown>) => string {
  return (key, values = {}) => {
    const text = lookUp(catalog, key);
    if (typeof text !== 'string') return key;
    return text.replace(/__(\w+)__/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
  };
}

export function catalogOf(node: string): unknown {
  return JSON.parse(readFileSync(join(root, 'nodes', node, 'locales', 'en-US', `${node}.json`), 'utf8'));
}

/** `node` is the folder under nodes/. */
export function withTexts(node: string): (RED: NodeAPI) => unknown {
  const initialise: (RED: NodeAPI) => unknown = require(`../../nodes/${node}/${node}`);
  const translate = translator(catalogOf(node));
  return (RED) => initialise(Object.create(RED, { _: { value: translate } }));
}

export interface Runtime {
  userDir: string;
  /** Everything that reached the test's own sink nodes (type "sink"), by node id. */
  received(id: string): Received[];
  /** Resolves with the first message at `id` that satisfies it, come or still to come. */
  next(id: string, wanted?: (msg: Received) => boolean): Promise<Received>;
  /** The last status of a node, and a promise of one that satisfies it. */
  status(id: string): Shown | undefined;
  statusIs(id: string, wanted: (status: Shown) => boolean): Promise<Shown>;
  /** What the Catch node of the flow got: add a { type: 'catch' } wired to a sink. */
  send(id: string, msg: Record<string, unknown>): void;
  deploy(flow: FlowItem[], type?: 'full' | 'flows' | 'nodes'): Promise<void>;
  /** Empties the sinks. */
  forget(): void;
  /** Ends it and keeps the user directory. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** One of Node-RED's own nodes, as "core/function/10-function". */
const ownNode = (name: string): ((RED: NodeAPI) => unknown) => require(`@node-red/nodes/${name}.js`);

/** `nodes`: folders under nodes/, or "core/..." for Node-RED's own. The flow may use { type: 'sink' } nodes, which keep what they get. */
export async function startRuntime(
  nodes: string[],
  flow: FlowItem[],
  userDir?: string,
  credentials: Record<string, Record<string, unknown>> = {},
): Promise<Runtime> {
  const own = userDir ?? mkdtempSync(join(tmpdir(), 'fl-nodes-'));
  const inboxes = new Map<string, Received[]>();
  const statuses = new Map<string, Shown>();
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  const inbox = (id: string): Received[] => {
    const list = inboxes.get(id) ?? [];
    inboxes.set(id, list);
    return list;
  };
  const sinks = (RED: NodeAPI): void => {
    RED.nodes.registerType('sink', function (this, settings) {
      RED.nodes.createNode(this, settings);
      this.on('input', (msg, _send, done) => {
        inbox(settings.id).push(msg as Received);
        changed();
        done();
      });
    });
    // Stands for the port of a palette for serial ports.
    RED.nodes.registerType('serial-port', function (this, settings) {
      RED.nodes.createNode(this, settings);
    });
    // Spoils the header of every message that it gets (a payload belongs to all who got the message: Node-RED does not copy it).
    RED.nodes.registerType('vandal', function (this, settings) {
      RED.nodes.createNode(this, settings);
      this.on('input', (msg, _send, done) => {
        const { fl } = msg as Received;
        for (const value of Object.values(fl ?? {})) if (Array.isArray(value)) value.length = 0;
        Object.assign(fl?.training ?? {}, { learningRate: 1e9 });
        Object.assign(fl?.normalisation ?? {}, { mean: [], std: [] });
        done();
      });
    });
    const onStatus = (event: { id: string; status: Shown }): void => {
      statuses.set(event.id, event.status);
      changed();
    };
    RED.events.on('node-status', onStatus);
    cleanups.push(() => RED.events.off('node-status', onStatus));
  };
  const cleanups: (() => void)[] = [];
  const until = <T>(what: () => string, look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const finish = (): void => {
        watchers.delete(watcher);
        clearTimeout(timer);
      };
      const watcher = (): void => {
        const found = look();
        if (found === undefined) return;
        finish();
        resolve(found);
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`${what()} did not come within ${patience} ms`));
      }, patience);
      watchers.add(watcher);
      watcher();
    });

  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await helper.unload();
    for (const cleanup of cleanups) cleanup();
  };
  helper.init(require.resolve('node-red'), { userDir: own, logging: { console: { level: 'off' } } });
  await helper.load(
    [sinks, ...nodes.map((name) => (name.startsWith('core/') ? ownNode(name) : withTexts(name)))],
    flow,
    credentials,
  );
  return {
    userDir: own,
    received: inbox,
    next: (id, wanted = () => true) =>
      until(
        () => `A message at ${id}`,
        () => inbox(id).find(wanted),
      ),
    status: (id) => statuses.get(id),
    statusIs: (id, wanted) =>
      until(
        () => `The wanted status of ${id} (now ${JSON.stringify(statuses.get(id))})`,
        () => {
          const status = statuses.get(id);
          return status && wanted(status) ? status : undefined;
        },
      ),
    send: (id, msg) => helper.getNode(id).receive(msg),
    deploy: async (next, type) => {
      // What the nodes before said is no status of those to come.
      statuses.clear();
      await helper.setFlows(next, type);
    },
    forget: () => inboxes.clear(),
    stop,
    async close() {
      await stop();
      if (userDir === undefined) rmSync(own, { recursive: true, force: true });
    },
  };
}
