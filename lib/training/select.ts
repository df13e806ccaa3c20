/** Which engine runs a model, and why. */
import { RefusedError } from '../refused';
import type { Engine } from './engine';

export type EngineChoice = 'auto' | 'core' | 'tfjs';

export interface Selection {
  engine: Engine;
  /** One sentence for the user. */
  reason: string;
}

export type { Engine };
export { RefusedError };
