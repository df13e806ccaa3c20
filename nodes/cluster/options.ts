/** The settings of an fl-cluster. */
import { RefusedError } from '../../lib/refused';
import { limits } from '../../lib/update/limits';
import type { Settings } from '../shared/red';
import { choice, number, text } from '../shared/settings';

export type ClusterOptions =
  /** A wire for each group. */
  | { mode: 'groups'; groups: number }
  /** One wire, for the group of one client. */
  | { mode: 'client'; client: string };

/** Throws RefusedError with one sentence that says what to mend. */
export function clusterOptions(settings: Settings): ClusterOptions {
  if (choice<'groups' | 'client'>(settings, 'mode', ['groups', 'client'], 'groups') === 'groups') {
    return { mode: 'groups', groups: number(settings, 'groups', 2, { min: 1, max: limits.groups, integer: true }) };
  }
  const client = text(settings, 'client');
  if (client !== '') return { mode: 'client', client };
  throw new RefusedError('bad-setting', 'Name the client whose group is to be followed: "client" is empty.');
}
