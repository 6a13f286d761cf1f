/**
 * The CRC-32 of gzip and zip (reflected polynomial 0xEDB88320), computed eight bytes per step.
 *
 * @module
 */

const SLICES = 8;
let tables: Int32Array | undefined;

/**
 * The CRC-32 of bytes, as an unsigned 32-bit number. To continue a checksum, pass the CRC of the
 * preceding bytes as `previous`.
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const t = tables ??= makeTables();
  const end = bytes.length;
  const lastStep = end - SLICES;
  let crc = ~previous;
  let i = 0;
  for (; i <= lastStep; i += SLICES) {
    const low = crc ^
      (bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 |
        bytes[i + 3]! << 24);
    crc = t[0x700 | low & 0xff]! ^
      t[0x600 | low >>> 8 & 0xff]! ^
      t[0x500 | low >>> 16 & 0xff]! ^
      t[0x400 | low >>> 24]! ^
      t[0x300 | bytes[i + 4]!]! ^
      t[0x200 | bytes[i + 5]!]! ^
      t[0x100 | bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = t[(crc ^ bytes[i]!) & 0xff]! ^ crc >>> 8;
  return ~crc >>> 0;
}

/** Table `k` holds the effect of a byte that is followed by `k` more bytes of the same step. */
function makeTables(): Int32Array {
  const t = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
    }
    t[byte] = crc;
  }
  for (let i = 256; i < t.length; i++) {
    const crc = t[i - 256]!;
    t[i] = t[crc & 0xff]! ^ crc >>> 8;
  }
  return t;
}
