/**
 * Reads single values of a header from outside. Only own data properties of plain objects count, so neither a prototype
 * nor a getter can slip anything in. Every refusal is one sentence that names the place.
 */
import { RefusedError } from './message';

export type Fields = ReadonlyMap<string, unknown>;

export function refuse(message: string, code = 'header'): never {
  throw new RefusedError(code, message);
}

/** A short, harmless picture of a value for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return 'a list';
  if (Buffer.isBuffer(value)) return 'a Buffer';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return value === undefined ? 'nothing' : String(value).slice(0, 40);
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a function node's sandbox) have another Object.prototype: its own prototype is null too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** The own enumerable data properties of a plain object; absent and undefined are the same. */
export function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlain(value)) {
    return refuse(`${where} must be a plain object, not ${show(value)}.`);
  }
  const read = new Map<string, unknown>();
  for (const name of Object.keys(value)) {
    const own = Object.getOwnPropertyDescriptor(value, name);
    if (own === undefined || !('value' in own)) return refuse(`${where}.${name.slice(0, 40)} must be a plain value.`);
    if (own.value !== undefined) read.set(name, own.value);
  }
  return read;
}

export function integer(value: unknown, where: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    return refuse(`${where} must be a whole number from ${least} to ${most}, not ${show(value)}.`);
  }
  return value === 0 ? 0 : value;
}

export function finite(value: unknown, where: string, least = -Number.MAX_VALUE, most = Number.MAX_VALUE): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const range = most === Number.MAX_VALUE ? '' : ` from ${least} to ${most}`;
    return refuse(`${where} must be a finite number${range}, not ${show(value)}.`);
  }
  // -0 becomes 0, so that a header stays the same through JSON and CBOR.
  return value === 0 ? 0 : value;
}

/** A number in (0, most]. */
export function positive(value: unknown, where: string, most = Number.MAX_VALUE): number {
  const read = finite(value, where, 0, most);
  return read > 0 ? read : refuse(`${where} must be above 0.`);
}

export function flag(value: unknown, where: string): boolean {
  return typeof value === 'boolean' ? value : refuse(`${where} must be true or false, not ${show(value)}.`);
}

export function choice<T extends string>(value: unknown, where: string, among: readonly T[]): T {
  for (const option of among) if (value === option) return option;
  return refuse(`${where} must be one of ${among.join(', ')}, not ${show(value)}.`);
}

/** Control characters and lone surrogates, which no name needs and not every encoding carries. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

export const isPrintable = (value: string): boolean => !unprintable.test(value);

export function text(value: unknown, where: string, most: number): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > most) {
    return refuse(`${where} must be a text of 1 to ${most} characters, not ${show(value)}.`);
  }
  if (!isPrintable(value)) return refuse(`${where} must hold no control characters.`);
  return value;
}

/** As text, but made fit to show instead of refused: control characters become spaces, the end is cut. */
export function prose(value: unknown, where: string, most: number): string {
  if (typeof value !== 'string') return refuse(`${where} must be a text, not ${show(value)}.`);
  return value
    .slice(0, most)
    .replace(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .trim();
}

/** A copy of a list whose entries nobody has read yet. */
export function unread(value: unknown, where: string, least: number, most: number): unknown[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    const found = Array.isArray(value) ? `a list of ${value.length}` : show(value);
    return refuse(`${where} must be a list of ${least} to ${most} entries, not ${found}.`);
  }
  // By index: a hole is an entry too, and no method of the list is asked.
  const entries: unknown[] = [];
  for (let i = 0; i < value.length; i++) entries.push(value[i]);
  return entries;
}

/** A copy of a list, each entry read by `entry`. */
export const list = <T>(
  value: unknown,
  where: string,
  least: number,
  most: number,
  entry: (value: unknown, where: string) => T,
): T[] => unread(value, where, least, most).map((one, i) => entry(one, `${where}[${i}]`));

/** A value where it is given, undefined where it is not. */
export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** The object without its undefined properties, so that it stays the same through JSON and CBOR. */
export function compact<T extends object>(value: T): T {
  for (const name of Object.keys(value) as (keyof T)[]) if (value[name] === undefined) delete value[name];
  return value;
}
