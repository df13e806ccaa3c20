import { RefusedError } from '../../refused';

/** Refuses a model file (code "model-file"); `message` is one sentence that says what to do. */
export const refuseFile = (message: string): never => {
  throw new RefusedError('model-file', message);
};

/** Bytes that a file, or what is unpacked from it, may have. */
export const maxFileBytes = 256 * 1024 * 1024;
/** Bytes that a topology may have: it is text that a person could read. */
export const maxTopologyBytes = 8 * 1024 * 1024;

export function parseJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > maxTopologyBytes) return refuseFile(`${what} is larger than ${maxTopologyBytes} bytes.`);
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    return value;
  } catch {
    return refuseFile(`${what} is not JSON; the file is damaged or of another kind.`);
  }
}
