import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizeAnswer } from "../../_aws/answer.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../_aws/cbor.ts";
import { cborCodec } from "../../_aws/cbor_codec.ts";

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
}

/** What the general reader alone makes of an answer, or its error. */
const generally = (bytes: Uint8Array<ArrayBuffer>) =>
  attempt(() =>
    normalizeAnswer(decodeCbor(bytes), {
      blob: () => {
        throw new TypeError("a blob is not a byte string");
      },
      time: () => {
        throw new TypeError("a time is not a number");
      },
    })
  );

const decoded = (bytes: Uint8Array<ArrayBuffer>) =>
  attempt(() => cborCodec.decode("PutRecords", bytes));

const digits = fc.bigInt({ min: 0n, max: 10n ** 60n }).map(String);
const shardId = fc.nat(10_000)
  .map((n) => `shardId-${String(n).padStart(12, "0")}`);
const stored = fc.record({ SequenceNumber: digits, ShardId: shardId });
const failed = fc.record({
  ErrorCode: fc.string({ minLength: 1 }),
  ErrorMessage: fc.string({ unit: "binary", maxLength: 100 }),
});
const odd = fc.dictionary(
  fc.constantFrom("SequenceNumber", "ShardId", "ShardIe", "EncryptionType"),
  fc.oneof(
    fc.constantFrom(null, 1, true),
    fc.string({ unit: "binary", maxLength: 80 }),
  ),
);
const answers = fc.array(fc.oneof(stored, stored, failed, odd), {
  maxLength: 20,
}).map((Records) => encodeCbor({ FailedRecordCount: 0, Records } as CborValue));

Deno.test("cborCodec reads results of PutRecords as the general reader does", () => {
  fc.assert(fc.property(answers, (bytes) => {
    assertEquals(decoded(bytes), generally(bytes));
  }));
});

Deno.test("cborCodec reads damaged results of PutRecords as the general reader does", () => {
  fc.assert(
    fc.property(answers, fc.nat(), fc.nat(255), fc.boolean(), (
      bytes,
      at,
      byte,
      cuts,
    ) => {
      const damaged = bytes.slice(0, cuts ? at % bytes.length : bytes.length);
      if (damaged.length === 0) return;
      damaged[at % damaged.length] = byte;
      assertEquals(decoded(damaged), generally(damaged));
    }),
    { numRuns: 1000 },
  );
});

/** A header with a length of `size` bytes. */
function head(major: number, size: 0 | 1 | 2 | 4 | 8, length: number) {
  const info = { 0: length, 1: 24, 2: 25, 4: 26, 8: 27 }[size];
  const bytes = [major << 5 | info];
  for (let i = size - 1; i >= 0; i--) {
    bytes.push(i > 3 ? 0 : length >>> (8 * i) & 0xff);
  }
  return bytes;
}

Deno.test("cborCodec reads results with lengths of every size, and maps that a byte ends", () => {
  const text = (value: string, size: 0 | 1 | 2 | 4 | 8) => [
    ...head(3, size, value.length),
    ...new TextEncoder().encode(value),
  ];
  for (const size of [1, 2, 4, 8] as const) {
    for (const isOpen of [false, true]) {
      const result = [
        ...(isOpen ? [0xbf] : head(5, 0, 2)),
        ...text("ShardId", size),
        ...text("shardId-000000000007", size),
        ...text("SequenceNumber", size),
        ...text("123", size),
        ...(isOpen ? [0xff] : []),
      ];
      const body = new Uint8Array([
        ...head(5, 0, 1),
        ...text("Records", 0),
        ...head(4, 0, 2),
        ...result,
        ...result,
      ]);
      const one = { ShardId: "shardId-000000000007", SequenceNumber: "123" };
      assertEquals(decoded(body), { Records: [one, one] });
    }
  }
});

Deno.test("cborCodec refuses a length of more than 4 GiB", () => {
  const body = [...head(5, 0, 1), ...head(3, 0, 7)];
  body.push(...new TextEncoder().encode("Records"), ...head(4, 0, 1));
  body.push(0xa1, 0x7b, 0, 0, 0, 1, 0, 0, 0, 0);
  const message = decoded(new Uint8Array(body));
  assert(String(message).includes("exceeds the remaining"), String(message));
});
