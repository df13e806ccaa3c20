/** What the editor knows of the node types: their defaults, their help, and why it takes an entry for wrong. */
import type { Locator, Page } from 'playwright-core';

interface Definition {
  category: string;
  outputs?: number;
  defaults: Record<string, { value: unknown }>;
}
declare const RED: {
  nodes: {
    eachNode(look: (node: { type: string; valid?: boolean; validationErrors?: string[] }) => void): void;
    getNodeTypes?(): string[];
    getType(type: string): Definition;
    registry: { getNodeTypes(): string[] };
  };
  sidebar: { help: { show(type: string, bringToFront: boolean): void } };
  actions: { invoke(name: string): void };
};

export interface KnownType {
  defaults: Record<string, unknown>;
  config: boolean;
  outputs: number;
}

/** Every type of the suite. */
export function defaultsOf(page: Page): Promise<Record<string, KnownType>> {
  return page.evaluate(() => {
    const found: Record<string, KnownType> = {};
    for (const type of RED.nodes.registry.getNodeTypes()) {
      if (!type.startsWith('fl-')) continue;
      const { defaults, category, outputs } = RED.nodes.getType(type);
      const values = Object.entries(defaults).map(([name, { value }]) => [name, value]);
      found[type] = { defaults: Object.fromEntries(values), config: category === 'config', outputs: outputs ?? 0 };
    }
    return found;
  });
}

/** The help of a type as the sidebar shows it. */
export async function helpOf(page: Page, type: string): Promise<{ text: string; headings: string[] }> {
  await page.evaluate((wanted) => RED.sidebar.help.show(wanted, true), type);
  const help = page.locator('.red-ui-sidebar-help-stack .red-ui-help:visible, .red-ui-help:visible').last();
  await help.waitFor();
  return { text: (await help.textContent()) ?? '', headings: await help.locator('h3').allTextContents() };
}

/** Which of these fields have a row that is to be seen, in their order. */
export async function shownOf(form: Locator, fields: readonly string[]): Promise<string[]> {
  const rowOf = (field: string): string =>
    ['node-input', 'node-config-input'].map((of) => `.form-row:visible > label[for="${of}-${field}"]`).join(', ');
  const found = await Promise.all(fields.map((field) => form.locator(rowOf(field)).count()));
  return fields.filter((_, i) => found[i] > 0);
}

/** What the editor tells at a field of the open dialogue after an entry. */
export async function reasonAt(page: Page, field: string, entry: string): Promise<string> {
  const input = page.locator(`#node-input-${field}, #node-config-input-${field}`).last();
  // A typed input draws its own field beside the hidden one.
  const typed = input.locator('xpath=following-sibling::div[contains(@class, "typedInput")]');
  const plain = await input.isVisible();
  const shown = plain ? input : typed.locator('input:visible').first();
  await shown.fill(entry);
  // The editor looks at an entry when its field is left.
  await shown.press('Tab');
  const place = plain ? input : typed;
  await place.and(page.locator('.input-error')).waitFor();
  await page.locator('.red-ui-tray-header:visible').last().hover();
  await place.hover();
  const popover = page.locator('.red-ui-popover:visible').last();
  await popover.waitFor();
  return (await popover.textContent()) ?? '';
}

/** What the editor takes for wrong in the nodes on the canvas: each wears a red triangle. */
export const complaints = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    RED.nodes.eachNode(({ type, valid, validationErrors }) => {
      if (valid === false) found.push(`${type}: ${(validationErrors ?? []).join(' ')}`);
    });
    return found;
  });
