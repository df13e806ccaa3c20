/** Finds TensorFlow.js where the user has it: the native build if it may be used here, else the pure JavaScript one. */
import type * as Tf from '@tensorflow/tfjs';

export type TensorFlow = typeof Tf;

export interface Loaded {
  tf: TensorFlow;
  /** tfjs-node: libtensorflow computes; otherwise plain JavaScript. */
  native: boolean;
}

function isTensorFlow(value: unknown): value is TensorFlow {
  return typeof value === 'object' && value !== null && 'loadLayersModel' in value && 'variableGrads' in value;
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 160);

const missing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';

/** tfjs-node 4.22 still calls what Node 23 took away. Nothing else of this process sees it. */
function patchUtil(from: NodeJS.Require): void {
  const util: unknown = from('node:util');
  if (typeof util !== 'object' || util === null) return;
  const gone = {
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
    isArray: (value: unknown): boolean => Array.isArray(value),
  };
  for (const [name, stand] of Object.entries(gone)) if (!(name in util)) Object.assign(util, { [name]: stand });
}

/**
 * Returns the reason, a sentence, when there is none. `native: false` leaves tfjs-node alone.
 */
export function loadTensorFlow(options: { native: boolean }, from: NodeJS.Require = require): Loaded | string {
  const failures: string[] = [];
  for (const name of options.native ? ['@tensorflow/tfjs-node', '@tensorflow/tfjs'] : ['@tensorflow/tfjs']) {
    try {
      if (name === '@tensorflow/tfjs-node') patchUtil(from);
      const found: unknown = from(name);
      if (!isTensorFlow(found)) throw new Error('it is not TensorFlow.js 4');
      // Without this it advises, on the console, to install tfjs-node.
      found.enableProdMode();
      return { tf: found, native: name === '@tensorflow/tfjs-node' };
    } catch (error) {
      if (!missing(error)) failures.push(`${name} did not load: ${reasonOf(error)}`);
    }
  }
  return failures.length > 0
    ? `TensorFlow.js is installed but does not work here (${failures.join('; ')}); install @tensorflow/tfjs.`
    : 'TensorFlow.js is not installed; run "npm install @tensorflow/tfjs" in the Node-RED user directory.';
}
