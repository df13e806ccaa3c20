/** The rules by name. */
import { RefusedError } from '../refused';
import { bulyan } from './bulyan';
import { centeredClip } from './centered-clip';
import { flame } from './flame';
import { fltrust } from './fltrust';
import { foolsgold } from './foolsgold';
import { geometricMedian } from './geometric-median';
import { median } from './median';
import { krum, multiKrum } from './multi-krum';
import { normBound } from './norm-bound';
import type { RuleName, RuleOptions } from './options';
import type { Rule } from './rule';
import { trimmedMean } from './trimmed-mean';

/** In the order in which they are offered. */
export const ruleNames: readonly RuleName[] = [
  ...(['mean', 'median', 'trimmed-mean', 'krum', 'multi-krum', 'bulyan'] as const),
  ...(['geometric-median', 'norm-bound', 'fltrust', 'centered-clip', 'flame', 'foolsgold'] as const),
];

/** undefined: the plain mean, which takes updates in as they come. Throws RefusedError 'bad-setting' with what to change. */
export function createRule(options: RuleOptions): Rule | undefined {
  switch (options.name) {
    case 'mean':
      return undefined;
    case 'median':
      return median(options);
    case 'trimmed-mean':
      return trimmedMean(options);
    case 'krum':
      return krum(options);
    case 'multi-krum':
      return multiKrum(options);
    case 'bulyan':
      return bulyan(options);
    case 'geometric-median':
      return geometricMedian(options);
    case 'norm-bound':
      return normBound(options);
    case 'fltrust':
      return fltrust();
    case 'centered-clip':
      return centeredClip(options);
    case 'flame':
      return flame(options);
    case 'foolsgold':
      return foolsgold(options);
    default: {
      const { name } = options as { name: unknown };
      throw new RefusedError(
        'bad-setting',
        `Choose a rule that exists (${ruleNames.join(', ')}): "${String(name)}" does not.`,
      );
    }
  }
}
