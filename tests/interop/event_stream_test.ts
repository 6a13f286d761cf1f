import { assertEquals, assertThrows } from "@std/assert";
import { EventStreamCodec } from "npm:@smithy/eventstream-codec@^4.0.0";
import { toUtf8 } from "npm:@smithy/util-utf8@^4.0.0";
import fc from "fast-check";
import {
  encodeMessage,
  type EventStreamHeader,
  type EventStreamMessage,
} from "../../_aws/event_stream_message.ts";
import { decodeMessage } from "../_aws/_decode_message.ts";

const oracle = new EventStreamCodec(
  toUtf8,
  (text: string) => new TextEncoder().encode(text),
);
type OracleMessage = ReturnType<typeof oracle.decode>;
type OracleHeader = OracleMessage["headers"][string];

const text = fc.string({ unit: "grapheme", maxLength: 50 });
const header: fc.Arbitrary<EventStreamHeader> = fc.oneof(
  fc.boolean().map((value) => ({ type: "boolean", value } as const)),
  fc.integer({ min: -128, max: 127 }).map((value) =>
    ({ type: "byte", value }) as const
  ),
  fc.integer({ min: -32768, max: 32767 }).map((value) =>
    ({ type: "short", value }) as const
  ),
  fc.integer().map((value) => ({ type: "integer", value }) as const),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) =>
    ({ type: "long", value }) as const
  ),
  fc.uint8Array({ maxLength: 100 }).map((value) =>
    ({ type: "binary", value }) as const
  ),
  text.map((value) => ({ type: "string", value }) as const),
  fc.date({ noInvalidDate: true }).map((value) =>
    ({ type: "timestamp", value }) as const
  ),
  fc.uuid().map((value) => ({ type: "uuid", value }) as const),
);
const name = fc.string({ minLength: 1, maxLength: 40 })
  .filter((n) => n !== "__proto__");
const message: fc.Arbitrary<EventStreamMessage> = fc.record({
  headers: fc.dictionary(name, header, { noNullPrototype: true }).map((o) =>
    new Map(Object.entries(o))
  ),
  payload: fc.uint8Array({ maxLength: 2000 }).map((b) => new Uint8Array(b)),
});

function int64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}

function toOracle(value: EventStreamHeader): OracleHeader {
  if (value.type !== "long") return value as OracleHeader;
  const bytes = int64(value.value);
  return {
    type: "long",
    value: { bytes, valueOf: () => Number(value.value) },
  } as OracleHeader;
}

function comparable(value: OracleHeader | EventStreamHeader): unknown {
  if (value.type !== "long") return value;
  return typeof value.value === "bigint"
    ? [...int64(value.value)]
    : [...value.value.bytes];
}

Deno.test("encodeMessage gives the bytes of @smithy/eventstream-codec for random messages", () => {
  fc.assert(
    fc.property(message, (m) => {
      const headers = Object.fromEntries(
        [...m.headers].map(([n, h]) => [n, toOracle(h)]),
      );
      // Objects put names like "7" first, so the order is taken from there.
      const ordered = new Map(
        Object.keys(headers).map((n) => [n, m.headers.get(n)!]),
      );
      assertEquals(
        encodeMessage({ headers: ordered, payload: m.payload }),
        new Uint8Array(oracle.encode({ headers, body: m.payload })),
      );
    }),
    { numRuns: 2000 },
  );
});

Deno.test("MessageAssembler reads what @smithy/eventstream-codec reads for random messages", () => {
  fc.assert(
    fc.property(message, (m) => {
      const bytes = encodeMessage(m);
      const theirs = oracle.decode(bytes);
      const ours = decodeMessage(bytes);
      assertEquals(new Uint8Array(theirs.body), ours.payload);
      assertEquals(
        Object.fromEntries(
          Object.entries(theirs.headers).map(([n, h]) => [n, comparable(h)]),
        ),
        Object.fromEntries(
          [...ours.headers].map(([n, h]) => [n, comparable(h)]),
        ),
      );
    }),
    { numRuns: 2000 },
  );
});

Deno.test("MessageAssembler refuses what @smithy/eventstream-codec refuses for random damage", () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (
      m,
      at,
      flip,
    ) => {
      const bytes = encodeMessage(m);
      bytes[at % bytes.length]! ^= flip;
      assertThrows(() => oracle.decode(bytes));
      assertThrows(() => decodeMessage(bytes));
    }),
    { numRuns: 1000 },
  );
});
