/** What a client keeps of its personal model through restarts, and whether what was kept still fits. */
import { createHash } from 'node:crypto';
import type { Found, StateRecord } from '../../state/store';
import type { FederatedModel } from '../federated-model';
import { decodeOwn, encodeOwn, type KeptOwn, type OwnState } from '../own-weights';
import type { PersonalOptions } from './options';

export type PersonalState = OwnState;
export type KeptPersonal = KeptOwn;

/** What a kept vector is of: another model, method or choice of layers has another use for its numbers. */
const kindOf = (options: PersonalOptions): string =>
  'privateLayers' in options ? `${options.method} ${options.privateLayers}` : options.method;

const keptHere = (model: Pick<FederatedModel, 'fingerprint'>, options: PersonalOptions): string =>
  createHash('sha256')
    .update(JSON.stringify([model.fingerprint, kindOf(options)]))
    .digest('hex');

export const encodePersonal = (
  state: PersonalState,
  model: Pick<FederatedModel, 'fingerprint'>,
  options: PersonalOptions,
): StateRecord => encodeOwn(state, keptHere(model, options), { method: options.method });

/** What was kept, or a sentence that says why it cannot be used any more. */
export const decodePersonal = (
  found: Found | undefined,
  model: Pick<FederatedModel, 'fingerprint' | 'layout'>,
  options: PersonalOptions,
): KeptPersonal =>
  decodeOwn(found, {
    kind: keptHere(model, options),
    size: model.layout.size,
    otherKind: ({ method }) =>
      `The personal model kept here is of ${method === options.method ? 'another model or other layers' : 'another method'}: it was dropped, and begins anew.`,
    unreadable: 'The personal model kept here cannot be read: it was dropped, and begins anew.',
  });
