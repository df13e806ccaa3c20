/** Consistent overhead byte stuffing (Cheshire & Baker 1999, doi:10.1109/90.769765): the same bytes without a zero among them. */

/** Bytes that `length` bytes become at most. */
export const cobsBytes = (length: number): number => length + Math.floor(length / 254) + 1;

export function cobsEncode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(cobsBytes(bytes.length));
  let codeAt = 0;
  let at = 1;
  let full = false;
  for (const byte of bytes) {
    if (full) codeAt = at++;
    full = false;
    if (byte !== 0) out[at++] = byte;
    if (byte === 0 || at - codeAt === 255) {
      out[codeAt] = at - codeAt;
      full = byte !== 0;
      if (!full) codeAt = at++;
    }
  }
  if (full) return out.subarray(0, at);
  out[codeAt] = at - codeAt;
  return out.subarray(0, at);
}

/** Undefined: no encoder makes these bytes. */
export function cobsDecode(bytes: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let at = 0;
  while (at < bytes.length) {
    const code = bytes[at++];
    const end = at + code - 1;
    if (code === 0 || end > bytes.length) return undefined;
    while (at < end) {
      if (bytes[at] === 0) return undefined;
      out[length++] = bytes[at++];
    }
    if (code < 255 && at < bytes.length) out[length++] = 0;
  }
  return bytes.length === 0 ? undefined : out.subarray(0, length);
}
