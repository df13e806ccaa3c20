/** Reads the stored settings of a node. A flow file may be old, made by hand or broken: every field has a default and bounds. */
import { RefusedError } from '../../lib/update/message';
import type { Settings } from './red';

/** Text, numbers and booleans as text; anything else as nothing. */
export const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

export function text(settings: Settings, field: string, fallback = ''): string {
  const value = settings[field];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : fallback;
}

export function flag(settings: Settings, field: string, fallback: boolean): boolean {
  const value = settings[field];
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  return fallback;
}

export interface Bounds {
  min?: number;
  max?: number;
  integer?: boolean;
}

/** Empty or absent: the fallback. What is there but wrong is refused with a sentence that names the field. */
export function number(settings: Settings, field: string, fallback: number, bounds: Bounds = {}): number {
  const value = settings[field];
  if (value === undefined || value === null || value === '') return fallback;
  const parsed = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = bounds;
  if (!Number.isFinite(parsed) || parsed < min || parsed > max || (integer && !Number.isInteger(parsed))) {
    const kind = integer ? 'a whole number' : 'a number';
    const range =
      bounds.min !== undefined && bounds.max !== undefined
        ? ` from ${min} to ${max}`
        : bounds.min !== undefined
          ? ` of at least ${min}`
          : bounds.max !== undefined
            ? ` of at most ${max}`
            : '';
    throw new RefusedError('bad-setting', `Set "${field}" to ${kind}${range}: "${plain(value)}" is not.`);
  }
  return parsed;
}

export function choice<T extends string>(settings: Settings, field: string, options: readonly T[], fallback: T): T {
  const value = text(settings, field);
  if (value === '') return fallback;
  const found = options.find((option) => option === value);
  if (found === undefined) {
    throw new RefusedError(
      'bad-setting',
      `Set "${field}" to one of ${options.join(', ')}: "${value}" is none of them.`,
    );
  }
  return found;
}

/** "a, b", one a line, or ["a", "b"]: trimmed, without empty ones. */
export function list(settings: Settings, field: string): string[] {
  const value = settings[field];
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[,;\n]/) : [];
  return items.map((item) => plain(item).trim()).filter((item) => item !== '');
}
