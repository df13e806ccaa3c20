/** The settings of fl-wire. */
import type { Signer, Trust } from '../../lib/update/wire';
import type { Settings } from '../shared/red';
import { choice, flag } from '../shared/settings';
import { signerOf, trustOf } from '../shared/signing';

export interface Options {
  direction: 'auto' | 'pack' | 'unpack';
  signer?: Signer;
  /** Absent: signatures are not asked for. */
  trust?: Trust;
}

export function readOptions(settings: Settings, privateKey: unknown): Options {
  const direction = choice<Options['direction']>(settings, 'direction', ['auto', 'pack', 'unpack'], 'auto');
  return {
    direction,
    signer: direction !== 'unpack' && flag(settings, 'sign', false) ? signerOf(settings, privateKey) : undefined,
    trust: direction !== 'pack' && flag(settings, 'requireSignature', false) ? trustOf(settings) : undefined,
  };
}
