/** One flow in the editors of both versions of Node-RED, and what is to be seen there. */
import type { Browser } from 'playwright-core';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { launchNodeRed, type NodeRedProcess, type NodeRedVersion } from '../../scripts/lib/node-red-process';
import { type EditorPage, launchBrowser, openEditor } from './editor';
import { defaultsOf, type KnownType } from './palette';

export type Known = Record<string, KnownType>;

/** What there is once the tests run. */
export interface Desk {
  readonly version: NodeRedVersion;
  readonly nodeRed: NodeRedProcess;
  readonly editor: EditorPage;
}

/** A node as it comes from the palette, on the tab 'tab'; its id is its type. */
export function fresh(known: Known, type: string, y: number): FlowNode {
  const { defaults, config, outputs } = known[type];
  const place = config ? {} : { z: 'tab', x: 250, y, wires: Array.from({ length: outputs }, () => []) };
  return { ...defaults, ...place, id: type, type };
}

/** A node as an older version would have written it: without the fields that `isNew` tells. */
export function older(known: Known, type: string, isNew: (field: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(known[type].defaults).filter(([field]) => !isNew(field)));
}

/** A suite for each version: the nodes of `flow` lie on a tab 'tab' which is open, and `tests` are said with it. */
export function onBothVersions(title: string, flow: (known: Known) => FlowNode[], tests: (at: Desk) => void): void {
  for (const version of [4, 5] as NodeRedVersion[]) {
    describe(`${title} in the editor of Node-RED ${version}`, function () {
      this.timeout(400_000);
      let browser: Browser | undefined;
      let nodeRed: NodeRedProcess | undefined;
      let editor: EditorPage | undefined;
      const there = <T>(what: T | undefined): T => {
        if (what === undefined) throw new Error('This is there while the tests run, and not before');
        return what;
      };

      before(async () => {
        browser = await launchBrowser();
        nodeRed = await launchNodeRed({ version });
        const palette = await openEditor(browser, nodeRed);
        const known = await defaultsOf(palette.page);
        await palette.close();
        await nodeRed.deploy([{ id: 'tab', type: 'tab', label: title }, ...flow(known)]);
        editor = await openEditor(browser, nodeRed);
        await editor.show('tab');
      });
      after(async () => {
        await browser?.close();
        await nodeRed?.stop();
      });

      tests({
        version,
        get nodeRed() {
          return there(nodeRed);
        },
        get editor() {
          return there(editor);
        },
      });
    });
  }
}
