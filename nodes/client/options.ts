/** The settings of an fl-client. */
import type { Eviction } from '../../lib/data/sample-bank';
import { type Participation, participation } from '../shared/participation';
import { type PersonalChoice, personalChoice } from '../shared/personal';
import type { FlowNode, Settings } from '../shared/red';
import { choice, flag } from '../shared/settings';

export interface ClientOptions extends Participation, PersonalChoice {
  eviction: Eviction;
  persistent: boolean;
}

/** Throws RefusedError with one sentence that says what to mend. */
export const clientOptions = (settings: Settings, node: FlowNode): ClientOptions => ({
  ...participation(settings, node, 10_000),
  eviction: choice(settings, 'eviction', ['oldest', 'reservoir'] as const, 'oldest'),
  ...personalChoice(settings),
  persistent: flag(settings, 'persistent', true),
});
