/** The frame by its specification, written a second time: bitwise CRC-32, nothing of lib/. */
export function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export function framed(item: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.of(0xff, 0x46, 0x4c, 0x57, 1), item]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(slowCrc32(body));
  return Buffer.concat([body, checksum]);
}

export const unframed = (wire: Buffer): Buffer => wire.subarray(5, -4);
