/** Reads the frozen backbone that the settings of an fl-model name. */
import { readFile, stat } from 'node:fs/promises';
import { resolveDataFile } from '../../lib/data/data-file';
import { modelLimits } from '../../lib/model';
import type { BackboneSpec } from '../../lib/model/spec';
import { RefusedError } from '../../lib/refused';
import { backboneOf } from '../../lib/training/backbone';
import type { Settings } from '../shared/red';
import { choice, text } from '../shared/settings';
import { shippedFolder } from '../shared/shipped';

export interface Backbone {
  spec: BackboneSpec;
  file: Uint8Array;
}

const what = 'a .tflite file';

/** Undefined when the model has none. `base`: where a path that is not absolute starts. */
export async function readBackbone(settings: Settings, base: string): Promise<Backbone | undefined> {
  const source = choice(settings, 'backbone', ['none', 'shipped', 'file'] as const, 'none');
  if (source === 'none') return undefined;
  const name = text(settings, source === 'shipped' ? 'backboneShipped' : 'backboneFile');
  if (name === '') {
    throw new RefusedError('backbone', 'Give the .tflite file of the frozen backbone in the fl-model, or choose none.');
  }
  const path = await resolveDataFile(
    name,
    source === 'shipped' ? { base: shippedFolder, allowed: [shippedFolder], what } : { base, what },
  );
  const { size } = await stat(path);
  if (size > modelLimits.backboneBytes) {
    throw new RefusedError(
      'backbone',
      `The frozen backbone has ${size} bytes, more than ${modelLimits.backboneBytes}: use a smaller one.`,
    );
  }
  const file = new Uint8Array(await readFile(path));
  try {
    return { file, spec: backboneOf(file) };
  } catch (thrown) {
    if (!(thrown instanceof RefusedError)) throw thrown;
    throw new RefusedError(thrown.code, `The frozen backbone cannot be used. ${thrown.message}`);
  }
}
