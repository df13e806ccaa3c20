/** The labels of samples that may have several at once, as a 0 or 1 for each label of the model. */
import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';
import { classIndex, unknownClass } from './labels';

const isFlag = (value: unknown): boolean => value === 0 || value === 1 || value === true || value === false;

/**
 * From what a user writes: a list of names, names with commas between (empty: none of them), an object such as
 * {"leak": true}, or a 0 or 1 for each label. Throws RefusedError (code "unknown-label").
 */
export function severalOf(label: unknown, labels: readonly string[]): number[] {
  if (Array.isArray(label) && label.length === labels.length && label.every(isFlag)) return label.map(Number);
  const named: unknown[] = Array.isArray(label)
    ? label
    : typeof label === 'object' && label !== null
      ? Object.entries(label).flatMap(([name, value]) => (value ? [name] : []))
      : typeof label === 'string'
        ? label.split(',').filter((name) => name.trim() !== '')
        : [label];
  const targets = new Array<number>(labels.length).fill(0);
  for (const name of named) {
    const index = classIndex(typeof name === 'string' ? name.trim() : name, labels);
    if (index < 0) throw new RefusedError('unknown-label', unknownClass(name, labels));
    targets[index] = 1;
  }
  return targets;
}

/** The targets of a block in the order of the model's labels. `names`: those of its columns; absent: in that order already. */
export function arranged(
  { targets, count }: Pick<SampleBlock, 'targets' | 'count'>,
  names: unknown,
  labels: readonly string[],
): Float32Array {
  const bad = targets.find((target) => target !== 0 && target !== 1);
  if (bad !== undefined) {
    throw new RefusedError('unknown-label', `Each label of a sample is 0 or 1 for this model, not ${bad}.`);
  }
  if (!Array.isArray(names)) return targets;
  const columns = labels.map((label) => names.indexOf(label));
  const absent = columns.indexOf(-1);
  if (absent >= 0 || names.length !== labels.length) {
    const other = names.find((name) => !labels.includes(String(name)));
    throw new RefusedError('unknown-label', unknownClass(other ?? labels[absent], labels));
  }
  const width = labels.length;
  return Float32Array.from({ length: count * width }, (_, i) => targets[i - (i % width) + columns[i % width]]);
}
