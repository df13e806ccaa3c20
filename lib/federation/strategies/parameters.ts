/** The parameters of strategies, checked: each refusal says which, and what it may be. */
import { RefusedError } from '../../refused';

export const refuseSetting = (message: string): never => {
  throw new RefusedError('bad-setting', message);
};

/** A number above 0. */
export function positive(value: number, name: string, most = 1e6): number {
  if (typeof value === 'number' && value > 0 && value <= most) return value;
  return refuseSetting(`Set ${name} of the strategy to a number above 0 and up to ${most}: ${String(value)} is not.`);
}

/** A number from 0 to `most`. */
export function upTo(value: number, name: string, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  return refuseSetting(`Set ${name} of the strategy to a number from 0 to ${most}: ${String(value)} is not.`);
}

/** A number from 0 to below 1: how much of the past is kept. */
export function decay(value: number, name: string): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  return refuseSetting(`Set ${name} of the strategy to a number from 0 to below 1: ${String(value)} is not.`);
}
