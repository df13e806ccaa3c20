/** The rules by name. */
import type { SendingOptions } from '../../update/message';
import { byLoss } from './loss';
import { byNorm } from './norm';
import { periodic } from './periodic';
import type { SendingRule } from './rule';

export function sendingRule(options: SendingOptions): SendingRule {
  switch (options.name) {
    case 'norm':
      return byNorm(options);
    case 'loss':
      return byLoss(options);
    case 'periodic':
      return periodic(options);
  }
}
