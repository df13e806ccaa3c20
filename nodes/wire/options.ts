/** The settings of fl-wire. */
import { RefusedError } from '../../lib/refused';
import { importPrivateKey, type Signer, type Trust, trustList } from '../../lib/update/wire';
import type { Settings } from '../shared/red';
import { choice, flag, text } from '../shared/settings';
import { toPem } from './pem';

export interface Options {
  direction: 'auto' | 'pack' | 'unpack';
  signer?: Signer;
  /** Absent: signatures are not asked for. */
  trust?: Trust;
}

/** The name that the aggregator signs with, unless the user says otherwise. */
const AGGREGATOR = 'aggregator';

function signerOf(settings: Settings, privateKey: unknown): Signer {
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

function trustOf(settings: Settings): Trust {
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

export function readOptions(settings: Settings, privateKey: unknown): Options {
  const direction = choice<Options['direction']>(settings, 'direction', ['auto', 'pack', 'unpack'], 'auto');
  return {
    direction,
    signer: direction !== 'unpack' && flag(settings, 'sign', false) ? signerOf(settings, privateKey) : undefined,
    trust: direction !== 'pack' && flag(settings, 'requireSignature', false) ? trustOf(settings) : undefined,
  };
}
