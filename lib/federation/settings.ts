/** Checks of what a person has chosen: a wrong choice is one sentence that says what to set. */
import { RefusedError } from '../refused';

export const bad = (message: string): RefusedError => new RefusedError('bad-setting', message);

export function whole(value: unknown, name: string, least: number, most: number): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw bad(`Set ${name} to a whole number from ${least} to ${most}: ${String(value)} is not.`);
  }
}

/** `least` itself is allowed unless `above`. */
export function within(value: unknown, name: string, least: number, most: number, above = false): void {
  if (typeof value !== 'number' || !(value >= least && value <= most) || (above && value === least)) {
    const from = above ? `above ${least} and up to ${most}` : `from ${least} to ${most}`;
    throw bad(`Set ${name} to a number ${from}: ${String(value)} is not.`);
  }
}
