/** What a client keeps of its personal model through restarts, and whether what was kept still fits. */
import { createHash } from 'node:crypto';
import type { Found, StateRecord } from '../../state/store';
import { readVector, vectorPayload } from '../../update/vector';
import type { FederatedModel } from '../federated-model';
import type { PersonalOptions } from './options';

/**
 * The own vector as it stood before the last round and after it: a round that is asked again starts from where it started,
 * so that a kill at any instant changes no bit.
 */
export interface PersonalState {
  round: number;
  before?: Float32Array;
  after?: Float32Array;
}

/** What a kept vector is of: another model, method or choice of layers has another use for its numbers. */
const kindOf = (options: PersonalOptions): string =>
  'privateLayers' in options ? `${options.method} ${options.privateLayers}` : options.method;

const keptHere = (model: Pick<FederatedModel, 'fingerprint'>, options: PersonalOptions): string =>
  createHash('sha256')
    .update(JSON.stringify([model.fingerprint, kindOf(options)]))
    .digest('hex');

export const encodePersonal = (
  { round, before, after }: PersonalState,
  model: Pick<FederatedModel, 'fingerprint'>,
  options: PersonalOptions,
): StateRecord => ({
  json: { round, kind: keptHere(model, options), method: options.method },
  parts: {
    ...(before ? { before: vectorPayload(before) } : {}),
    ...(after ? { after: vectorPayload(after) } : {}),
  },
});

export type KeptPersonal = { state?: PersonalState; notice?: string };

/** What was kept, or a sentence that says why it cannot be used any more. */
export function decodePersonal(
  found: Found | undefined,
  model: Pick<FederatedModel, 'fingerprint' | 'layout'>,
  options: PersonalOptions,
): KeptPersonal {
  if (!found) return {};
  const { round, kind, method } = found.json as { round?: unknown; kind?: unknown; method?: unknown };
  const { size } = model.layout;
  const notice = found.fallback;
  if (kind !== keptHere(model, options)) {
    const what = method === options.method ? 'another model or other layers' : 'another method';
    return { notice: `The personal model kept here is of ${what}: it was dropped, and begins anew.` };
  }
  const vectorOf = (bytes: Uint8Array | undefined): Float32Array | undefined => {
    if (!bytes) return undefined;
    const vector = new Float32Array(new SharedArrayBuffer(4 * size));
    vector.set(readVector(Buffer.from(bytes), size));
    return vector;
  };
  try {
    const state: PersonalState = {
      round: Number.isInteger(round) ? Number(round) : 0,
      before: vectorOf(found.parts.before),
      after: vectorOf(found.parts.after),
    };
    const isSound = [state.before, state.after].every((vector) => vector?.every(Number.isFinite) ?? true);
    if (isSound) return { state, ...(notice ? { notice } : {}) };
  } catch {
    // Told below, with the numbers that are not finite.
  }
  return { notice: 'The personal model kept here cannot be read: it was dropped, and begins anew.' };
}
