/** Chromium on Node-RED's editor: what a person does there, as functions. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { type NodeRedProcess, repositoryRoot } from '../../scripts/lib/node-red-process';

/** What of the editor's global object the tests ask. */
export interface EditorNode {
  id: string;
  type: string;
  name?: string;
  z?: string;
  valid?: boolean;
  validationErrors?: string[];
  status?: { text?: string };
  _def: { category: string; defaults: Record<string, unknown> };
}
export interface Editor {
  actions: { invoke(name: string): void };
  nodes: {
    node(id: string): EditorNode | null;
    getType(type: string): unknown;
    eachNode(visit: (node: EditorNode) => void): void;
    eachConfig(visit: (node: EditorNode) => void): void;
    dirty(): boolean;
    filterNodes(filter: object): unknown[];
    getWorkspaceOrder(): string[];
  };
  editor: {
    edit(node: EditorNode): void;
    editConfig(property: string, type: string, id: string): void;
  };
  workspaces: { show(id: string): void; active(): string };
  view: { reveal(id: string): void; focus(): void };
  sidebar: { show(name: string): void };
}
declare const RED: Editor;

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing but the Node-RED under test can be reached.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: flags, headless: true });
}

export interface EditorPage {
  readonly page: Page;
  /** Uncaught errors of the page, and what it wrote to console.error. */
  readonly errors: string[];
  importExample(fileName: string): Promise<void>;
  deploy(): Promise<void>;
  /** Ids of the nodes of the suite, config nodes included. */
  suiteNodes(): Promise<{ id: string; type: string; name: string; config: boolean }[]>;
  openDialogue(id: string): Promise<void>;
  closeDialogue(button: 'ok' | 'cancel'): Promise<void>;
  show(tab: string): Promise<void>;
  /** The tab that came last. */
  showLast(): Promise<void>;
  screenshot(name: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens a tree of the editor along `path` and chooses its last entry, until `chosen` is there. The lists load and slide as
 * they like, and a click on an open entry closes it: so each step looks at the tree anew, and clicks what is closed.
 */
async function walkTree(within: Locator, path: readonly string[], chosen: Locator): Promise<void> {
  const labels: Locator[] = [];
  let branch = within;
  for (const text of path) {
    branch = branch.locator(
      `.red-ui-editableList-item-content:has(> .red-ui-treeList-label:has-text(${JSON.stringify(text)}))`,
    );
    labels.push(branch.locator('> .red-ui-treeList-label'));
  }
  const wait = 250;
  const patience = 20;
  let stuck = 0;
  let before = -1;
  for (let left = 120_000 / wait; left > 0; left--) {
    if ((await chosen.count()) > 0) return;
    let deepest = labels.length - 1;
    while (deepest >= 0 && !(await labels[deepest].isVisible())) deepest--;
    stuck = deepest === before ? stuck + 1 : 0;
    before = deepest;
    const label = labels[Math.max(deepest, 0)];
    const open =
      deepest < labels.length - 1 &&
      (
        await label
          .locator('xpath=..')
          .getAttribute('class')
          .catch(() => '')
      )?.includes('expanded');
    // Open, and nothing to be seen for long: its list was lost while it slid, closing and opening brings it back.
    if (deepest >= 0 && (!open || stuck % patience === patience - 1))
      await label.click({ timeout: 2000 }).catch(() => {});
    await within.page().waitForTimeout(wait);
  }
  throw new Error(
    `"${path.join(' / ')}" cannot be chosen; the tree shows: ${(await within.allInnerTexts()).join(' ')}`,
  );
}

export async function openEditor(
  browser: Browser,
  nodeRed: NodeRedProcess,
  options: { colorScheme?: 'light' | 'dark'; width?: number; height?: number } = {},
): Promise<EditorPage> {
  const context = await browser.newContext({
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1600, height: options.height ?? 1000 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
  });
  // The editor's own tips fail when it loads slowly: they come a second after its first script, into a sidebar that is not there yet.
  await page.route(/\/settings\/user(\?|$)/, (route) =>
    route.request().method() === 'GET'
      ? route.fulfill({ json: { editor: { view: { 'view-show-tips': false } } } })
      : route.continue(),
  );
  await page.goto(nodeRed.url);
  await page.waitForFunction(() => typeof RED === 'object' && RED.nodes.getType('fl-model'));
  await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });

  const nodeCount = () => page.evaluate(() => RED.nodes.filterNodes({}).length);

  return {
    page,
    errors,
    importExample: async (fileName) => {
      await page.evaluate(() => RED.actions.invoke('core:show-examples-import-dialog'));
      const dialogue = page.locator('.ui-dialog:visible');
      const path = ['@fl-tinyml/node-red-federated', 'flows', fileName.replace(/\.json$/, '')];
      await walkTree(dialogue, path, page.locator('#red-ui-clipboard-dialog-ok:enabled'));
      const before = await nodeCount();
      await page.locator('#red-ui-clipboard-dialog-ok:visible').click();
      await dialogue.waitFor({ state: 'hidden' });
      // The dialogue is gone before the file has come.
      await page.waitForFunction((count) => RED.nodes.filterNodes({}).length > count, before);
    },
    deploy: async () => {
      const deployed = page.waitForResponse(
        (answer) => answer.url().endsWith('/flows') && answer.request().method() === 'POST',
      );
      await page.locator('#red-ui-header-button-deploy:not(.disabled)').click();
      const answer = await deployed;
      if (!answer.ok()) throw new Error(`deploy: ${answer.status()} ${await answer.text()}`);
      await page.waitForFunction(() => !RED.nodes.dirty());
    },
    suiteNodes: () =>
      page.evaluate(() => {
        const found: { id: string; type: string; name: string; config: boolean }[] = [];
        const take = (config: boolean) => (node: EditorNode) => {
          if (node.type.startsWith('fl-')) found.push({ id: node.id, type: node.type, name: node.name ?? '', config });
        };
        RED.nodes.eachNode(take(false));
        RED.nodes.eachConfig(take(true));
        return found;
      }),
    openDialogue: async (id) => {
      await page.evaluate((nodeId) => {
        const node = RED.nodes.node(nodeId);
        if (!node) throw new Error(`there is no node ${nodeId}`);
        if (node._def.category === 'config') RED.editor.editConfig('', node.type, node.id);
        else RED.editor.edit(node);
      }, id);
      await page.locator('.red-ui-tray').last().locator('form:visible').first().waitFor();
      // The tray slides in; a click before it stands still misses.
      await page.waitForTimeout(400);
    },
    closeDialogue: async (button) => {
      const trays = await page.locator('.red-ui-tray').count();
      const names =
        button === 'ok'
          ? ['#node-dialog-ok', '#node-config-dialog-ok']
          : ['#node-dialog-cancel', '#node-config-dialog-cancel'];
      await page
        .locator(names.map((name) => `${name}:visible`).join(', '))
        .last()
        .click();
      await page.waitForFunction((before) => document.querySelectorAll('.red-ui-tray').length < before, trays);
    },
    show: async (tab) => {
      await page.evaluate((id) => RED.workspaces.show(id), tab);
      await page.waitForTimeout(200);
    },
    showLast: async () => {
      await page.evaluate(() => RED.workspaces.show(RED.nodes.getWorkspaceOrder().at(-1) ?? ''));
    },
    screenshot: async (name) => {
      const folder = join(repositoryRoot, 'screenshots');
      mkdirSync(folder, { recursive: true });
      const path = join(folder, `${name}.png`);
      await page.screenshot({ path });
      return path;
    },
    close: () => context.close(),
  };
}
declare const document: { querySelectorAll(selector: string): { length: number } };
