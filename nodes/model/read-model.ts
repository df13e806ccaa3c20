import { isAbsolute, resolve } from 'node:path';
import { consensusModel } from '../../lib/distillation/consensus-model';
import { fingerprint } from '../../lib/model/fingerprint';
import { importModel } from '../../lib/model/import/import-model';
import { layoutOf } from '../../lib/model/layout';
import { parseSpec } from '../../lib/model/parse-spec';
import type { BackboneSpec } from '../../lib/model/spec';
import { givesProbabilities } from '../../lib/model/tasks';
import { RefusedError } from '../../lib/update/message';
import type { Model } from '../shared/model';
import type { Settings } from '../shared/red';
import { choice, list, number, text } from '../shared/settings';
import { readBackbone } from './backbone-file';
import { losses, normalisationOf, seedOf, specOf, tasks } from './spec-of';

export interface ReadModel extends Model {
  /** What the import changed, left out or guessed: one sentence each. */
  notes: string[];
}

type Described = Pick<ReadModel, 'spec' | 'normalisation' | 'notes' | 'weights'>;

/** `base`: where a path that is not absolute starts. */
async function fromFile(settings: Settings, base: string, backbone?: BackboneSpec): Promise<Described> {
  const file = text(settings, 'file');
  if (file === '') {
    throw new RefusedError('model-file', 'Give the path of a tfjs model.json or a Keras 3 file in the fl-model.');
  }
  const task = choice(settings, 'task', tasks, 'classify');
  const loss = choice(settings, 'loss', losses, 'auto');
  const labels = givesProbabilities({ task }) ? list(settings, 'labels') : [];
  const features = list(settings, 'features');
  const found = await importModel(isAbsolute(file) ? file : resolve(base, file), {
    task,
    ...(labels.length > 0 ? { labels } : {}),
    ...(features.length > 0 && !backbone ? { features } : {}),
    ...(loss === 'auto' ? {} : { loss }),
    seed: seedOf(settings),
  });
  const { weights, notes } = found;
  const named = features.length > 0 ? { features } : {};
  const spec = backbone ? parseSpec({ ...found.spec, ...named, backbone }) : found.spec;
  // Weights that were trained behind a normalisation layer need that one.
  return { spec, weights, notes, normalisation: found.normalisation ?? normalisationOf(settings, spec) };
}

/** What networks that are unlike each other say of rows that all have: no network itself. */
function fromPublicRows(settings: Settings): ReadModel {
  const rows = number(settings, 'publicRows', 0, { min: 0, integer: true });
  const digest = text(settings, 'digest');
  if (rows === 0 || digest === '') {
    throw new RefusedError(
      'no-public-rows',
      'Write the number and the digest of the public rows into the fl-model: fl-distill tells both, in its status and by its event "public-rows", once it has the rows.',
    );
  }
  const model = consensusModel({ digest, rows, labels: list(settings, 'labels') });
  return { ...model, notes: [], engine: 'auto', name: text(settings, 'name', 'public rows') };
}

/** Rejects with a RefusedError that says what to mend. */
export async function readModel(settings: Settings, base = process.cwd()): Promise<ReadModel> {
  const source = choice(settings, 'source', ['layers', 'file', 'consensus'] as const, 'layers');
  if (source === 'consensus') return fromPublicRows(settings);
  const backbone = await readBackbone(settings, base);
  let described: Described;
  if (source === 'file') {
    described = await fromFile(settings, base, backbone?.spec);
  } else {
    const spec = specOf(settings, backbone?.spec);
    described = { spec, normalisation: normalisationOf(settings, spec), notes: [] };
  }
  const { spec } = described;
  return {
    ...described,
    ...(backbone ? { backbone: backbone.file } : {}),
    layout: layoutOf(spec),
    fingerprint: fingerprint(spec),
    engine: choice(settings, 'engine', ['auto', 'core', 'tfjs'] as const, 'auto'),
    name: text(settings, 'name', spec.task),
  };
}
