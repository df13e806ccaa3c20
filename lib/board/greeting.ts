/** HELLO and WELCOME of docs/board-protocol.md, section 3. */
import type { BoardIdentity, SensorName } from './board';
import { frameBytes } from './frame';
import { LEAST_PAYLOAD } from './frame-size';

/** Versions of the protocol that this host speaks. */
export const LOWEST_VERSION = 1;
export const HIGHEST_VERSION = 2;
/** Of a frame to the host. */
export const HOST_PAYLOAD = 1008;
export const HOST_SLOTS = 32;

export function encodeHello(): Uint8Array {
  const hello = Buffer.alloc(10);
  hello.write('FLB1', 'latin1');
  hello[4] = LOWEST_VERSION;
  hello[5] = HIGHEST_VERSION;
  hello.writeUInt16LE(HOST_PAYLOAD, 6);
  hello.writeUInt16LE(HOST_SLOTS, 8);
  return hello;
}

const FIXED = 46;
/** With less a frame of the least payload does not fit. */
const LEAST_RING = 2 * frameBytes(LEAST_PAYLOAD);
const resets = ['unknown', 'power', 'pin', 'watchdog', 'asked'] as const;
export const sensorNames: readonly (SensorName | undefined)[] = [
  undefined,
  'host',
  'motion',
  'microphone',
  'climate',
  'light',
];

const sensorsOf = (bits: number): SensorName[] =>
  sensorNames.flatMap((name, s) => (name && (bits >>> s) & 1 ? [name] : []));

/** The highest version that the board speaks, when it speaks none of ours. */
export interface ForeignVersion {
  lowest: number;
  highest: number;
}

/** Undefined: no WELCOME that makes sense. */
export function decodeWelcome(payload: Uint8Array): BoardIdentity | ForeignVersion | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  // A board of another version may have another form behind the first three bytes.
  if (bytes.length < 3) return undefined;
  if (bytes[0] === 0) return { lowest: bytes[1], highest: bytes[2] };
  if (bytes[0] < LOWEST_VERSION || bytes[0] > HIGHEST_VERSION) return undefined;
  if (bytes.length < FIXED || bytes.length !== FIXED + bytes[FIXED - 1] || bytes[FIXED - 1] > 32) return undefined;
  const identity: BoardIdentity = {
    protocol: bytes[0],
    reset: resets[bytes[3]] ?? 'unknown',
    boot: bytes.readUInt32LE(4),
    maxPayload: bytes.readUInt16LE(8),
    slots: bytes.readUInt16LE(10),
    ringBytes: bytes.readUInt32LE(12),
    id: bytes.toString('hex', 16, 32),
    arenaBytes: bytes.readUInt32LE(32),
    maxLayers: bytes.readUInt16LE(36),
    engines: (['core', 'tflm'] as const).filter((_, bit) => (bytes[38] >>> bit) & 1),
    sensors: sensorsOf(bytes.readUInt32LE(39)),
    firmware: `${bytes[43]}.${bytes[44]}`,
    name: bytes.toString('utf8', FIXED).replace(/[^\P{C}]/gu, ''),
  };
  const usable = identity.maxPayload >= LEAST_PAYLOAD && identity.slots > 0 && identity.ringBytes >= LEAST_RING;
  return usable ? identity : undefined;
}
