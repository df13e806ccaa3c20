/** What a client of a federation of predictions keeps of its own network through restarts. */
import { createHash } from 'node:crypto';
import type { FederatedModel } from '../federation/federated-model';
import { decodeOwn, encodeOwn, type KeptOwn, type OwnState } from '../federation/own-weights';
import type { Found, StateRecord } from '../state/store';

type Pair = Record<'consensus' | 'network', Pick<FederatedModel, 'fingerprint' | 'layout' | 'normalisation'>>;

/** Other public rows make another normalisation of the network, other labels another meaning of its outputs. */
const kindOf = ({ consensus, network }: Pair): string =>
  createHash('sha256')
    .update(JSON.stringify([consensus.fingerprint, network.fingerprint, network.normalisation]))
    .digest('hex');

export const encodeDistilled = (state: OwnState, pair: Pair): StateRecord => encodeOwn(state, kindOf(pair));

/** What was kept, or a sentence that says why it cannot be used any more. */
export const decodeDistilled = (found: Found | undefined, pair: Pair): KeptOwn =>
  decodeOwn(found, {
    kind: kindOf(pair),
    size: pair.network.layout.size,
    otherKind: () =>
      'The own network kept here is of another model, or of a federation on other rows: it was dropped, and begins anew.',
    unreadable: 'The own network kept here cannot be read: it was dropped, and begins anew.',
  });
