/**
 * Bytes as MessagePack has them, in place of msgpackr's private form.
 *
 * @module
 */

/**
 * Replaces typed arrays of bytes by plain bytes. `spans` has the start of the header, the start and the end of the data of each.
 */
export function withPlainBytes(
  bytes: Uint8Array,
  spans: readonly number[],
): Uint8Array {
  // A header of bytes is shorter than that of an extension.
  const all = new Uint8Array(bytes.length);
  let from = 0;
  let to = 0;
  for (let i = 0; i < spans.length; i += 3) {
    const [header, start, end] = [spans[i]!, spans[i + 1]!, spans[i + 2]!];
    all.set(bytes.subarray(from, header), to);
    to = writeBinHeader(all, to + header - from, end - start);
    all.set(bytes.subarray(start, end), to);
    to += end - start;
    from = end;
  }
  all.set(bytes.subarray(from), to);
  return all.subarray(0, to + bytes.length - from);
}

function writeBinHeader(
  target: Uint8Array,
  at: number,
  length: number,
): number {
  const size = length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;
  target[at++] = size === 1 ? 0xc4 : size === 2 ? 0xc5 : 0xc6;
  for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    target[at++] = length >>> shift;
  }
  return at;
}
