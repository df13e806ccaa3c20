/** The gate through which every message enters: header, then payload against the header. */
import { limits } from './limits';
import { type Header, type Message, RefusedError } from './message';
import { parseHeader } from './parse-header';
import { refuse, show } from './reader';
import { vectorSize } from './vector';

export { parseHeader } from './parse-header';

/** What MQTT, HTTP or a json node made of a Buffer on its way: each has its own advice. */
export function payloadOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value === undefined || value === null) {
    return refuse('msg.payload is missing: it must be the Buffer that the sender put there.', 'payload-missing');
  }
  if (typeof value === 'string') {
    return refuse(
      'msg.payload arrived as text and its numbers are lost: set the output of the MQTT, HTTP or TCP node to "a Buffer".',
      'payload-text',
    );
  }
  if (typeof value === 'object' && 'type' in value && value.type === 'Buffer') {
    return refuse(
      'msg.payload arrived as JSON: send it through an fl-wire node, and set the output of the MQTT node to "a Buffer".',
      'payload-json',
    );
  }
  return refuse(`msg.payload must be a Buffer, not ${show(value)}.`, 'payload-type');
}

const exactly = (payload: Buffer, bytes: number, what: string): Buffer =>
  payload.length === bytes
    ? payload
    : refuse(`msg.payload has ${payload.length} bytes where ${what} takes ${bytes}.`, 'payload-size');

/** Statistics: float64 [count, sum of each feature, sum of squares of each feature, samples of each class]. */
function statistics(payload: Buffer, labels: number): Buffer {
  const all = payload.length / 8;
  const numbers = all - labels;
  if (!Number.isInteger(all) || numbers < 1 || numbers % 2 === 0 || numbers > 1 + 2 * limits.features) {
    return refuse(`msg.payload has ${payload.length} bytes, which no statistics have.`, 'payload-size');
  }
  for (let i = 0; i < all; i++) {
    const value = payload.readDoubleLE(8 * i);
    const nonNegative = i === 0 || i > (numbers - 1) / 2;
    if (!Number.isFinite(value) || (nonNegative && value < 0)) {
      return refuse('The statistics hold a number that is not finite or below zero.', 'not-finite');
    }
  }
  return payload;
}

const empty = Buffer.alloc(0);

function checkPayload(header: Header, value: unknown): Buffer {
  switch (header.kind) {
    case 'invite':
    case 'join':
    case 'statistics-request':
    case 'decline':
      return empty;
    case 'statistics':
      return statistics(payloadOf(value), header.labels ?? 0);
    case 'samples':
      return exactly(payloadOf(value), 4 * header.count * (header.width + header.targets), `${header.count} samples`);
    case 'secure': {
      const payload = payloadOf(value);
      if (payload.length > limits.secureBytes) return refuse('msg.payload is too large.', 'payload-size');
      return payload;
    }
    case 'model':
    case 'update': {
      const payload = payloadOf(value);
      if (payload.length > limits.payloadBytes) return refuse('msg.payload is too large.', 'payload-size');
      if (header.codecs.length > 0) return payload;
      const size = vectorSize(header.tensors);
      return exactly(payload, 4 * size, `a vector of ${size} numbers`);
    }
  }
}

/** Node-RED messages carry more than these two; the rest is not looked at. */
export function parseMessage(message: unknown): Message {
  try {
    if (typeof message !== 'object' || message === null) return refuse('There is no message.', 'message');
    const { fl, payload } = message as { fl?: unknown; payload?: unknown };
    if (fl === undefined || fl === null) {
      return refuse(
        typeof payload === 'object' && payload !== null && 'fl' in payload
          ? 'The message is packed inside msg.payload: send it through an fl-wire node at both ends.'
          : 'This is no message of a federation (msg.fl is missing): wire it from an fl- node, or through fl-wire.',
        'no-header',
      );
    }
    const header = parseHeader(fl);
    return { fl: header, payload: checkPayload(header, payload) };
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    // A proxy or getter of a function node threw: hostile or broken, it is refused like the rest.
    return refuse('The message cannot be read.', 'message');
  }
}
