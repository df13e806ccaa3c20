import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical';
import { parseSpec } from './parse-spec';
import type { ModelSpec } from './spec';

/** SHA-256, in hexadecimal, of the canonical form: the name of a model in every message. */
export function fingerprint(spec: ModelSpec): string {
  return createHash('sha256')
    .update(canonicalJson(parseSpec(spec)))
    .digest('hex');
}
