import { isAbsolute, resolve } from 'node:path';
import { fingerprint } from '../../lib/model/fingerprint';
import { importModel } from '../../lib/model/import/import-model';
import { layoutOf } from '../../lib/model/layout';
import { RefusedError } from '../../lib/update/message';
import type { Model } from '../shared/model';
import type { Settings } from '../shared/red';
import { choice, list, text } from '../shared/settings';
import { losses, normalisationOf, seedOf, specOf, tasks } from './spec-of';

export interface ReadModel extends Model {
  /** What the import changed, left out or guessed: one sentence each. */
  notes: string[];
}

type Described = Pick<ReadModel, 'spec' | 'normalisation' | 'notes' | 'weights'>;

/** `base`: where a path that is not absolute starts. */
async function fromFile(settings: Settings, base: string): Promise<Described> {
  const file = text(settings, 'file');
  if (file === '') {
    throw new RefusedError('model-file', 'Give the path of a tfjs model.json or a Keras 3 file in the fl-model.');
  }
  const task = choice(settings, 'task', tasks, 'classify');
  const loss = choice(settings, 'loss', losses, 'auto');
  const labels = task === 'classify' ? list(settings, 'labels') : [];
  const features = list(settings, 'features');
  const found = await importModel(isAbsolute(file) ? file : resolve(base, file), {
    task,
    ...(labels.length > 0 ? { labels } : {}),
    ...(features.length > 0 ? { features } : {}),
    ...(loss === 'auto' ? {} : { loss }),
    seed: seedOf(settings),
  });
  const { spec, weights, notes } = found;
  // Weights that were trained behind a normalisation layer need that one.
  return { spec, weights, notes, normalisation: found.normalisation ?? normalisationOf(settings, spec) };
}

/** Rejects with a RefusedError that says what to mend. */
export async function readModel(settings: Settings, base = process.cwd()): Promise<ReadModel> {
  let described: Described;
  if (choice(settings, 'source', ['layers', 'file'] as const, 'layers') === 'file') {
    described = await fromFile(settings, base);
  } else {
    const spec = specOf(settings);
    described = { spec, normalisation: normalisationOf(settings, spec), notes: [] };
  }
  const { spec } = described;
  return {
    ...described,
    layout: layoutOf(spec),
    fingerprint: fingerprint(spec),
    engine: choice(settings, 'engine', ['auto', 'core', 'tfjs'] as const, 'auto'),
    name: text(settings, 'name', spec.task),
  };
}
