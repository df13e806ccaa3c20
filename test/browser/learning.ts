import type { Page } from 'playwright-core';
import type { Editor } from './editor';

declare const RED: Editor;

/** What the status lines under the nodes have said, from one look to the next. */
interface Seen {
  figure: Record<string, number>;
  round: Record<string, number>;
}
declare const window: { flSeen?: Seen };

/**
 * Waits until every aggregator in the editor has finished three rounds, and every evaluator has shown an F1, an accuracy or an average precision
 * of at least 0.7. Rejects when that takes longer than three minutes (drawing 03 first teaches its boards for 35 seconds).
 */
export async function hasLearned(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      window.flSeen ??= { figure: {}, round: {} };
      const { figure, round } = window.flSeen;
      RED.nodes.eachNode(({ id, type, status }) => {
        const text = status?.text ?? '';
        if (type === 'fl-evaluate') {
          const shown = Number(/(?:F1|accuracy|AP|own) ([\d.]+)/.exec(text)?.[1] ?? 0);
          figure[id] = Math.max(figure[id] ?? 0, shown);
        }
        if (type === 'fl-aggregator') {
          const done = Number(/(\d+) rounds done/.exec(text)?.[1] ?? 0);
          const underWay = Number(/round (\d+)/.exec(text)?.[1] ?? 1) - 1;
          round[id] = Math.max(round[id] ?? 0, done, underWay);
        }
      });
      const rounds = Object.values(round);
      return rounds.length > 0 && rounds.every((n) => n >= 3) && Object.values(figure).every((value) => value >= 0.7);
    },
    undefined,
    { polling: 150, timeout: 180_000 },
  );
}
