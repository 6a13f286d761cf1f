import {
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { EventStreamDecoderStream } from "../../_aws/event_stream.ts";
import {
  encodeMessage,
  type EventStreamHeader,
  type EventStreamMessage,
  textHeader,
  textHeaders,
} from "../../_aws/event_stream_message.ts";
import { decodeMessage } from "./_decode_message.ts";
import { crc32 } from "../../_core/crc32.ts";
import { ResponseError } from "../../errors.ts";

const utf8 = new TextEncoder();

const everyType: [string, EventStreamHeader][] = [
  ["yes", { type: "boolean", value: true }],
  ["no", { type: "boolean", value: false }],
  ["byte", { type: "byte", value: -128 }],
  ["short", { type: "short", value: 32767 }],
  ["integer", { type: "integer", value: -2147483648 }],
  ["long", { type: "long", value: -(2n ** 63n) }],
  ["binary", { type: "binary", value: Uint8Array.of(0, 255) }],
  ["string", { type: "string", value: "žluťoučký 🐎" }],
  ["timestamp", { type: "timestamp", value: new Date(1_700_000_000_123) }],
  ["uuid", { type: "uuid", value: "01020304-0506-0708-090a-0b0c0d0e0fff" }],
];

function message(payload: string, headers = textHeaders({ a: "b" })) {
  return { headers, payload: utf8.encode(payload) };
}

async function decodeAll(
  chunks: Iterable<Uint8Array>,
  options?: ConstructorParameters<typeof EventStreamDecoderStream>[0],
): Promise<EventStreamMessage[]> {
  const iterator = chunks[Symbol.iterator]();
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
  return await Array.fromAsync(
    source.pipeThrough(new EventStreamDecoderStream(options)),
  );
}

/** Changes part of a message and corrects both checksums, so that only the change is invalid. */
function forge(bytes: Uint8Array, change: (view: DataView) => void) {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(8, crc32(copy.subarray(0, 8)));
  view.setUint32(copy.length - 4, crc32(copy.subarray(0, copy.length - 4)));
  return copy;
}

Deno.test("encodeMessage returns the documented bytes for a known message", () => {
  // The checksums were computed with Python's zlib.crc32.
  assertEquals(
    encodeMessage(message("{}")).toHex(),
    "00000018" + "00000006" + "dcd1a61f" + "0161" + "07000162" + "7b7d" +
      "f3d78873",
  );
});

Deno.test("MessageAssembler inverts encodeMessage for every header type", () => {
  const original = message("payload", new Map(everyType));
  assertEquals(decodeMessage(encodeMessage(original)), original);
});

Deno.test("MessageAssembler treats a header named __proto__ like any other", () => {
  const name = "__proto__";
  const headers = new Map([[name, { type: "string", value: "x" } as const]]);
  const decoded = decodeMessage(encodeMessage(message("", headers)));
  assertEquals(textHeader(decoded, name), "x");
  assertEquals(textHeader(decoded, "toString"), undefined);
});

Deno.test("EventStreamDecoderStream yields the same messages wherever the input is split", async () => {
  const messages = [
    message("first", new Map(everyType)),
    message("", new Map()),
    message("third"),
  ];
  const parts = messages.map(encodeMessage);
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  for (let at = 0; at <= bytes.length; at++) {
    assertEquals(
      await decodeAll([bytes.subarray(0, at), bytes.subarray(at)]),
      messages,
    );
  }
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assertEquals(await decodeAll(single), messages);
});

Deno.test("EventStreamDecoderStream inverts encodeMessage for random messages and splits", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 64 }),
      async (payloads, size) => {
        const messages = payloads.map((payload) => ({
          headers: textHeaders({ ":event-type": "E" }),
          payload: new Uint8Array(payload),
        }));
        const bytes = await new Blob(messages.map(encodeMessage)).bytes();
        const chunks = [];
        for (let i = 0; i < bytes.length; i += size) {
          chunks.push(bytes.subarray(i, i + size));
        }
        assertEquals(await decodeAll(chunks), messages);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("EventStreamDecoderStream errors if any single bit is flipped", async () => {
  const bytes = encodeMessage(message("payload", new Map(everyType)));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    await assertRejects(() => decodeAll([damaged]), ResponseError, "checksum");
  }
});

Deno.test("EventStreamDecoderStream errors when the stream ends inside a message", async () => {
  const bytes = encodeMessage(message("payload"));
  for (let length = 1; length < bytes.length; length++) {
    await assertRejects(
      () => decodeAll([bytes.subarray(0, length)]),
      ResponseError,
      `ended after ${length} of `,
    );
  }
});

Deno.test("EventStreamDecoderStream delivers the messages before a damaged one", async () => {
  const good = encodeMessage(message("good"));
  const bad = good.map((byte, i) => i === 20 ? byte ^ 1 : byte);
  const stream = new EventStreamDecoderStream();
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const writing = Promise.allSettled([writer.write(good), writer.write(bad)]);
  assertEquals((await reader.read()).value, message("good"));
  const error = await assertRejects(() => reader.read(), ResponseError);
  assertEquals(error.code, "BadResponse");
  assertEquals(error.status, 200);
  await writing;
});

Deno.test("EventStreamDecoderStream rejects a message above maxMessageBytes after its prelude", async () => {
  const bytes = encodeMessage(message("x".repeat(100)));
  await assertRejects(
    () =>
      decodeAll([bytes.subarray(0, 12)], { maxMessageBytes: 99, status: 201 }),
    ResponseError,
    `it has ${bytes.length} bytes and at most 99 are accepted`,
  );
  const length = bytes.length;
  assertEquals(
    (await decodeAll([bytes], { maxMessageBytes: length })).length,
    1,
  );
});

Deno.test("MessageAssembler reports inconsistent lengths and types when the checksums are right", () => {
  const bytes = encodeMessage(message("payload"));
  const cases: [string, Uint8Array<ArrayBuffer>][] = [
    ["inconsistent", forge(bytes, (view) => view.setUint32(4, 100))],
    ["inconsistent", forge(bytes, (view) => view.setUint32(0, 15))],
    [
      "4294967295 bytes and at most 16908304",
      forge(bytes, (view) => view.setUint32(0, 0xffffffff)),
    ],
    ["has no name", forge(bytes, (view) => view.setUint8(12, 0))],
    ["unknown type 10", forge(bytes, (view) => view.setUint8(14, 10))],
    ["end too early", forge(bytes, (view) => view.setUint16(15, 900))],
    ["not valid UTF-8", forge(bytes, (view) => view.setUint8(17, 0xff))],
    ["after 3 of at least 16 bytes", bytes.slice(0, 3)],
  ];
  for (const [words, forged] of cases) {
    const error = assertThrows(
      () => decodeMessage(forged),
      ResponseError,
    );
    assertStringIncludes(error.message, words);
  }
});

Deno.test("MessageAssembler rejects a duplicate header and a time out of range", () => {
  const twice = encodeMessage(
    message("", textHeaders({ a: "1", b: "2" })),
  );
  assertThrows(
    () => decodeMessage(forge(twice, (view) => view.setUint8(19, 97))),
    ResponseError,
    'duplicate header "a"',
  );
  const time = encodeMessage(
    message("", new Map([["t", { type: "timestamp", value: new Date(0) }]])),
  );
  assertThrows(
    () => decodeMessage(forge(time, (view) => view.setUint8(15, 0x7f))),
    ResponseError,
    'header "t" holds a time out of range',
  );
});

Deno.test("encodeMessage throws a RangeError for values outside the format", () => {
  const cases: [string, EventStreamHeader][] = [
    ["b", { type: "byte", value: 128 }],
    ["s", { type: "short", value: -32769 }],
    ["i", { type: "integer", value: 2 ** 31 }],
    ["f", { type: "integer", value: 0.5 }],
    ["l", { type: "long", value: 2n ** 63n }],
    ["t", { type: "timestamp", value: new Date(NaN) }],
    ["u", { type: "uuid", value: "nope" }],
    ["o", { type: "binary", value: new Uint8Array(65_536) }],
    ["x".repeat(256), { type: "boolean", value: true }],
    ["", { type: "boolean", value: true }],
  ];
  for (const [name, header] of cases) {
    const error = assertThrows(
      () => encodeMessage(message("", new Map([[name, header]]))),
      RangeError,
    );
    assertStringIncludes(error.message, name);
  }
  assertThrows(
    () =>
      encodeMessage({
        headers: new Map(),
        payload: new Uint8Array(16 * 1024 * 1024 + 1),
      }),
    RangeError,
    "payload must be at most 16777216 bytes",
  );
});

Deno.test("EventStreamDecoderStream takes linear time for tiny chunks", async () => {
  // 4 MiB in chunks of 16 bytes would take minutes if every chunk copied the whole buffer.
  const bytes = encodeMessage({
    headers: new Map(),
    payload: new Uint8Array(4 * 1024 * 1024),
  });
  function* chunks() {
    for (let i = 0; i < bytes.length; i += 16) yield bytes.subarray(i, i + 16);
  }
  const start = performance.now();
  const [decoded] = await decodeAll(chunks());
  assertEquals(decoded?.payload.length, 4 * 1024 * 1024);
  assertLess(performance.now() - start, 10_000);
});

Deno.test("EventStreamDecoderStream copies its input chunks", async () => {
  const bytes = encodeMessage(message("payload"));
  const stream = new EventStreamDecoderStream();
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const writing = writer.write(bytes);
  const { value } = await reader.read();
  await writing;
  bytes.fill(0);
  assertInstanceOf(value?.payload, Uint8Array);
  assertEquals(new TextDecoder().decode(value.payload), "payload");
  await reader.cancel();
});
