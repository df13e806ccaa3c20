import { fingerprint } from '../../lib/model/fingerprint';
import { layoutOf } from '../../lib/model/layout';
import type { Model } from '../shared/model';
import type { Settings } from '../shared/red';
import { choice, text } from '../shared/settings';
import { normalisationOf, specOf } from './spec-of';

/** Rejects with a RefusedError that says what to mend. */
export async function readModel(settings: Settings): Promise<Model> {
  const spec = specOf(settings);
  return {
    spec,
    layout: layoutOf(spec),
    fingerprint: fingerprint(spec),
    normalisation: normalisationOf(settings, spec),
    engine: choice(settings, 'engine', ['auto', 'core', 'tfjs'] as const, 'auto'),
    name: text(settings, 'name', spec.task),
  };
}
