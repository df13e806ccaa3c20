/** Whether an update is worth its bytes. */
import type { SendingOptions } from '../../update/message';

/** What is known of an update before it is sent. */
export interface Worth {
  client: string;
  /** Updates that this client has made under the rule, this one included. */
  count: number;
  /** Norm of the update with all that was held back before. */
  norm: number;
  /** Norm of the model that it began from. */
  modelNorm: number;
  /** Loss of that model, and after the training; absent: not told. */
  lossBefore?: number;
  lossAfter?: number;
}

/** A sentence that says why it stays; undefined: it goes. */
export type SendingRule = (worth: Worth) => string | undefined;

export type RuleOf<N extends SendingOptions['name']> = (options: Extract<SendingOptions, { name: N }>) => SendingRule;
