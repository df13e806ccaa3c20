/** The line under fl-aggregator while it waits for answers. */
import assert from 'node:assert/strict';
import { type FederationOptions, federationOptions } from '../../../lib/federation/options';
import { strategyNames } from '../../../lib/federation/strategies';
import { showPhase } from '../../../nodes/aggregator/phase';
import type { FlowNode, Red } from '../../../nodes/shared/red';
import { createStatus, STATUS_LENGTH } from '../../../nodes/shared/status';
import { catalogOf } from '../runtime';

const texts = catalogOf('aggregator') as { status: Record<string, string> };
const RED = {
  _: (key: string, values: Record<string, unknown> = {}) =>
    texts.status[key.replace('status.', '')].replace(/__(\w+)__/g, (_, name: string) => String(values[name])),
} as unknown as Red;

function shownFor(options: FederationOptions, round: number, answers: number, cohort: number, quarantined = 0): string {
  let text = '';
  const node = {
    status(now: { text: string }) {
      text = now.text;
    },
  } as unknown as FlowNode;
  const status = createStatus(RED, node);
  const counts = { round, answers, cohort, rounds: 0, clients: cohort, quarantined };
  showPhase(status, { ...counts, phase: 'collecting', running: true }, options);
  status.close();
  return text;
}

describe('the status of fl-aggregator', () => {
  for (const name of strategyNames) {
    it(`${name}: tells round and answers in full however many there are, and of the name what there is room for`, () => {
      const options = { ...federationOptions(), strategy: { name } } as FederationOptions;
      for (const round of [1, 99, 100, 1000, 12_345]) {
        for (const [answers, cohort] of [
          [3, 4],
          [10, 12],
          [123, 200],
          [1000, 1000],
        ]) {
          const text = shownFor(options, round, answers, cohort);
          assert.ok(text.length <= STATUS_LENGTH, text);
          assert.ok(text.endsWith(`${round}: ${answers}/${cohort}`), text);
        }
      }
      assert.equal(shownFor(options, 100, 10, 12, 3), 'round 100: 10/12 ⊘3');
      const first = shownFor(options, 1, 3, 4);
      assert.equal(first, `${name === 'fedavg' ? 'round' : name} 1: 3/4`);
    });
  }
});
