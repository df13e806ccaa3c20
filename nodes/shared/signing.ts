/** Who a node signs as, and whose signatures it trusts, of the settings that nodes with keys have alike. */
import { RefusedError } from '../../lib/refused';
import { importPrivateKey, type Signer, type Trust, trustList } from '../../lib/update/wire';
import { toPem } from './pem';
import type { Settings } from './red';
import { text } from './settings';

/** The name that the aggregator signs with, unless the user says otherwise. */
const AGGREGATOR = 'aggregator';

/** Throws RefusedError 'key'. */
export function signerOf(settings: Settings, privateKey: unknown): Signer {
  if (typeof privateKey !== 'string' || privateKey.trim() === '') {
    throw new RefusedError(
      'key',
      'Signing is on but there is no private key: open this node, make a pair of keys or paste one, and deploy.',
    );
  }
  const id = text(settings, 'signAs');
  if (id === '') {
    throw new RefusedError(
      'key',
      'Signing is on but "Sign as" is empty: write the client id of the fl-client before this node, or "aggregator".',
    );
  }
  return { id, privateKey: importPrivateKey(toPem(privateKey, 'PRIVATE')) };
}

/** Throws RefusedError 'key'. */
export function trustOf(settings: Settings): Trust {
  const rows: unknown[] = Array.isArray(settings.trusted) ? settings.trusted : [];
  const entries = rows.map((row): [string, string] => {
    const { client, key } = (row ?? {}) as { client?: unknown; key?: unknown };
    if (typeof client !== 'string' || client.trim() === '' || typeof key !== 'string') {
      throw new RefusedError('key', 'Each row of the keys to trust needs a client id and a public key.');
    }
    return [client.trim(), toPem(key, 'PUBLIC')];
  });
  if (entries.length === 0) {
    throw new RefusedError(
      'key',
      'Signatures are asked for but no key is trusted: add the public key of each sender to the list.',
    );
  }
  return trustList(entries, text(settings, 'aggregator', AGGREGATOR));
}
