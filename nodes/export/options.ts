/** The settings of fl-export. */
import { type ExportFormat, type RangeMethod, rangeMethods } from '../../lib/export';
import { RefusedError } from '../../lib/refused';
import type { Embedding } from '../shared/embedding';
import { findModel, type Model } from '../shared/model';
import type { Red, Settings } from '../shared/red';
import { choice, flag, number, text } from '../shared/settings';

export type When = 'rounds' | 'end' | 'topic';
export type Deliver = 'both' | 'files' | 'messages';

export interface ExportOptions {
  model: Model;
  embedding?: Embedding;
  federation: string;
  formats: ExportFormat[];
  when: When;
  every: number;
  /** Samples that int8 waits for. */
  wanted: number;
  rangeMethod: RangeMethod;
  /** Dead units of a pruned model are left out. */
  shrink: boolean;
  deliver: Deliver;
  folder: string;
  /** '': the name of the federation. */
  fileName: string;
  /** The round becomes part of the names, so that nothing is overwritten. */
  numbered: boolean;
}

const boxes: [field: string, format: ExportFormat, fallback: boolean][] = [
  ['int8', 'tflite-int8', true],
  ['float32', 'tflite-float32', true],
  ['header', 'c-header', true],
  ['tfjs', 'tfjs', false],
];

export async function readOptions(
  RED: Red,
  settings: Settings,
  embeddingOf: (model: Model) => Embedding | undefined,
): Promise<ExportOptions> {
  const model = await findModel(RED, settings.model);
  const formats = boxes.filter(([field, , fallback]) => flag(settings, field, fallback)).map(([, format]) => format);
  if (formats.length === 0) throw new RefusedError('no-format', 'Tick at least one format in this node.');
  return {
    model,
    embedding: embeddingOf(model),
    federation: text(settings, 'federation'),
    formats,
    when: choice(settings, 'when', ['rounds', 'end', 'topic'], 'rounds'),
    every: number(settings, 'every', 10, { min: 1, max: 1e5, integer: true }),
    wanted: number(settings, 'samples', 100, { min: 1, max: 2000, integer: true }),
    rangeMethod: choice(settings, 'ranges', rangeMethods, 'minmax'),
    shrink: flag(settings, 'shrink', false),
    deliver: choice(settings, 'deliver', ['both', 'files', 'messages'], 'both'),
    folder: text(settings, 'folder', 'fl-tinyml/exports'),
    fileName: text(settings, 'fileName'),
    numbered: flag(settings, 'numbered', false),
  };
}

/** Is it time for this model? The last one always is, unless only a message asks. */
export function isDue(
  { when, every }: ExportOptions,
  { trained, final }: { trained: number; final: boolean },
): boolean {
  if (when === 'topic') return false;
  return final || (when === 'rounds' && trained > 0 && trained % every === 0);
}
