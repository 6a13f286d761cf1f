// The CBOR that the sink needs. Independent of the library's CBOR code, so that a bug in one of the
// two shows.

const BREAK = Symbol("break");

/** Decodes a request. Byte strings are views. */
export function decodeCbor(bytes) {
  let at = 0;
  function argument(info) {
    if (info < 24) return info;
    const size = 1 << (info - 24);
    at += size;
    return size === 8
      ? Number(bytes.readBigUInt64BE(at - 8))
      : bytes.readUIntBE(at - size, size);
  }
  function pieces() {
    const parts = [];
    for (let part = value(); part !== BREAK; part = value()) parts.push(part);
    return parts;
  }
  function value() {
    const head = bytes[at++];
    const info = head & 31;
    const open = info === 31;
    switch (head >> 5) {
      case 0:
        return argument(info);
      case 1:
        return -1 - argument(info);
      case 2: {
        if (open) return Buffer.concat(pieces());
        const length = argument(info);
        return bytes.subarray(at, at += length);
      }
      case 3: {
        if (open) return pieces().join("");
        const length = argument(info);
        return bytes.utf8Slice(at, at += length);
      }
      case 4: {
        if (open) return pieces();
        const items = [];
        for (let left = argument(info); left > 0; left--) items.push(value());
        return items;
      }
      case 5: {
        const fields = {};
        let left = open ? Infinity : argument(info);
        for (; left > 0; left--) {
          const name = value();
          if (name === BREAK) break;
          fields[name] = value();
        }
        return fields;
      }
      case 6:
        argument(info);
        return value();
      default:
        if (open) return BREAK;
        if (info === 20 || info === 21) return info === 21;
        if (info === 22 || info === 23) return undefined;
        at += 1 << (info - 24);
        return undefined;
    }
  }
  return value();
}

/** In the shortest form, as the service writes it. */
function head(major, argument) {
  const initial = major << 5;
  if (argument < 24) return Buffer.of(initial | argument);
  const bytes = Buffer.alloc(9);
  const [info, size] = argument < 2 ** 8
    ? [24, 1]
    : argument < 2 ** 16
    ? [25, 2]
    : argument < 2 ** 32
    ? [26, 4]
    : [27, 8];
  bytes[0] = initial | info;
  if (size === 8) bytes.writeBigUInt64BE(BigInt(argument), 1);
  else bytes.writeUIntBE(argument, 1, size);
  return bytes.subarray(0, 1 + size);
}

/** The header of a list of `length` values. */
export const encodeArrayHead = (length) => head(4, length);
/** The header of a map of `length` fields. */
export const encodeMapHead = (length) => head(5, length);

/** Encodes integers, booleans, texts, bytes, times, lists and maps. */
export function encodeCbor(value) {
  if (typeof value === "number") return head(0, value);
  if (typeof value === "boolean") return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === "string") {
    return Buffer.concat([
      head(3, Buffer.byteLength(value)),
      Buffer.from(value),
    ]);
  }
  if (value instanceof Uint8Array) {
    return Buffer.concat([head(2, value.length), value]);
  }
  if (value instanceof Date) {
    return Buffer.concat([head(6, 1), encodeCbor(value.getTime())]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([
      encodeArrayHead(value.length),
      ...value.map(encodeCbor),
    ]);
  }
  const fields = Object.entries(value);
  return Buffer.concat([
    encodeMapHead(fields.length),
    ...fields.flatMap(([name, field]) => [encodeCbor(name), encodeCbor(field)]),
  ]);
}
