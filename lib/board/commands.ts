/** The requests of docs/board-protocol.md, section 4, as bytes: everything behind code and tag. */

import { inverseDeviation } from '../training/core/session';
import type { Normalisation } from '../training/engine';
import type { Sensing } from './board';
import { sensorNames } from './greeting';
import { channelsOf, FEATURE_NAMES } from './sensing';
import { f32, i32, u8, u16, u32 } from './wire';

export const codes = {
  status: 0x01,
  load: 0x02,
  begin: 0x10,
  block: 0x11,
  commit: 0x12,
  read: 0x13,
  rows: 0x20,
  clear: 0x21,
  train: 0x30,
  abort: 0x31,
  result: 0x32,
  predict: 0x40,
  evaluate: 0x41,
  sense: 0x50,
  readings: 0x51,
  label: 0x52,
  save: 0x60,
  forget: 0x61,
  reset: 0x62,
} as const;

export const transfers = { weights: 1, backbone: 2, control: 3, anchor: 4 } as const;
export const readable = { update: 1, weights: 2, statistics: 3 } as const;

/** A key or hash in hexadecimal as bytes. */
const named = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Of LOAD: rows go through the backbone, and room for the vectors of a training. */
export const loadFlags = { backbone: 1, control: 2, anchor: 4 } as const;

export interface LoadRequest {
  key: string;
  flags: number;
  /** 0: as many as fit. */
  rows: number;
  targets: number;
  program: Int32Array;
}

export const loadBody = ({ key, flags, rows, targets, program }: LoadRequest): Buffer =>
  Buffer.concat([named(key), u8(flags), u32(rows), u16(targets), ...Array.from(program, i32)]);

export const beginBody = (kind: number, flags: number, bytes: number, sha256: string): Buffer =>
  Buffer.concat([u8(kind), u8(flags), u32(bytes), named(sha256)]);

export const blockBody = (offset: number, bytes: Uint8Array): Buffer => Buffer.concat([u32(offset), bytes]);

export const commitBody = (kind: number, sha256: string): Buffer => Buffer.concat([u8(kind), named(sha256)]);

/** `block`: most bytes of an answer. */
export const readBody = (what: number, key: string, offset: number, bytes: number, block: number): Buffer =>
  Buffer.concat([u8(what), named(key), u32(offset, bytes), u16(block)]);

/** Numbers from `number` of row `row` on. */
export const rowsBody = (row: number, number: number, values: ArrayLike<number>): Buffer =>
  Buffer.concat([u32(row), u16(number), f32(values)]);

export const clearBody = (first: number): Buffer => u32(first);

export const resultBody = named;

export const predictBody = (number: number, values: ArrayLike<number>): Buffer =>
  Buffer.concat([u16(number), f32(values)]);

export function senseBody(sensing: Sensing): Buffer {
  const { sensor, rate, window, hop, features, predict, keep } = sensing;
  const channels = sensor === 'host' ? (channelsOf(sensing) - 1) << 4 : 0;
  const flags = (predict ? 1 : 0) | (keep ? 2 : 0) | channels;
  return Buffer.concat([
    Buffer.of(sensorNames.indexOf(sensor), flags),
    f32([rate]),
    u16(window),
    u16(hop),
    u8(features.length),
    Buffer.from(features.map((name) => FEATURE_NAMES.indexOf(name))),
  ]);
}

export const readingsBody = f32;

export const labelBody = (which: 'next' | 'last', classIndex: number | undefined): Buffer =>
  Buffer.concat([u8(which === 'next' ? 0 : 1), i32(classIndex ?? -1)]);

export const resetBody = (whole: boolean): Buffer => u8(whole ? 1 : 0);

/** What weights and normalisation become on the line: `flags` of BEGIN, and the bytes. */
export function weightsTransfer(weights: Float32Array, normalisation: Normalisation | undefined) {
  if (!normalisation) return { flags: 0, bytes: f32(weights) };
  const bytes = Buffer.concat([f32(weights), f32(normalisation.mean), f32(inverseDeviation(normalisation))]);
  return { flags: 1, bytes };
}
