/** Reads values that come from outside: own properties only, every refusal one sentence that names the place. */
import { RefusedError } from '../refused';

export const refuse = (message: string): never => {
  throw new RefusedError('model', message);
};

export type Fields = ReadonlyMap<string, unknown>;

const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value).slice(0, 40);
};

/** The own enumerable properties of a plain object. Names such as "__proto__" are refused with the unknown ones. */
export function fields(value: unknown, where: string, known: readonly string[]): Fields {
  const read = anyFields(value, where);
  for (const name of read.keys()) {
    if (!known.includes(name)) {
      refuse(`${where} has a field ${show(name)} that is not known here; it may have ${known.join(', ')}.`);
    }
  }
  return read;
}

/** As `fields`, but any names. The map has no prototype that a name could reach. */
export function anyFields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(`${where} must be an object, not ${show(value)}.`);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(`${where} must be a plain object.`);
  }
  const entries = new Map<string, unknown>();
  for (const name of Object.keys(value)) {
    const own = Object.getOwnPropertyDescriptor(value, name);
    if (!own || !('value' in own)) return refuse(`${where} must hold plain values, and ${show(name)} is computed.`);
    if (own.value !== undefined) entries.set(name, own.value);
  }
  return entries;
}

export function integer(value: unknown, where: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    return refuse(`${where} must be a whole number from ${least} to ${most}, not ${show(value)}.`);
  }
  return value;
}

export function number(value: unknown, where: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    return refuse(`${where} must be a number from ${least} to ${most}, not ${show(value)}.`);
  }
  return value;
}

export function flag(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') return refuse(`${where} must be true or false, not ${show(value)}.`);
  return value;
}

export function choice<T extends string>(value: unknown, where: string, among: readonly T[]): T {
  for (const option of among) if (value === option) return option;
  return refuse(`${where} must be one of ${among.join(', ')}, not ${show(value)}.`);
}

export function text(value: unknown, where: string, most: number): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > most) {
    return refuse(`${where} must be a text of 1 to ${most} characters, not ${show(value)}.`);
  }
  return value;
}

export function list(value: unknown, where: string, least: number, most: number): unknown[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    const found = Array.isArray(value) ? `a list of ${value.length}` : show(value);
    return refuse(`${where} must be a list of ${least} to ${most} entries, not ${found}.`);
  }
  return Array.from({ length: value.length }, (_, i): unknown => value[i]);
}

/** Different texts, in the order given. */
export function names(value: unknown, where: string, least: number, most: number): string[] {
  const read = list(value, where, least, most).map((name, i) => text(name, `${where}[${i}]`, 200));
  const twice = read.find((name, i) => read.indexOf(name) !== i);
  if (twice !== undefined) refuse(`${where} must differ from one another, but ${show(twice)} is there twice.`);
  return read;
}
