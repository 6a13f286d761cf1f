/** Decoders with malformed input: a typed error or the right result, and no endless loop. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { type CborValue, decodeCbor, encodeCbor } from "../../_aws/cbor.ts";
import { EventStreamDecoderStream } from "../../_aws/event_stream.ts";
import {
  encodeMessage,
  type EventStreamHeader,
} from "../../_aws/event_stream_message.ts";
import { decodeMessage } from "./_decode_message.ts";
import { crc32 } from "../../_core/crc32.ts";
import { callSts } from "../../credentials/_sts.ts";
import { parseXml } from "../../credentials/_xml.ts";
import { KinesisError, ResponseError } from "../../errors.ts";
import { FUZZ_INPUTS as RUNS } from "../_fuzz_inputs.ts";
import { FakeClock, FakeEnvironment } from "../credentials/support.ts";

/** A seeded random number generator: xorshift32. */
class Random {
  #state: number;
  constructor(readonly seed = crypto.getRandomValues(new Uint32Array(1))[0]!) {
    this.#state = seed || 1;
  }
  /** An integer from 0 to `limit` (exclusive). */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
  bytes(maxLength: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.below(maxLength));
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.below(256);
    return bytes;
  }
}

const interesting = [0, 1, 0x17, 0x1f, 0x5f, 0x7f, 0x80, 0x9f, 0xbf, 0xff];

/** Mutates bytes one to four times: flips a bit, overwrites, removes, repeats or truncates. */
function mutate(random: Random, input: Uint8Array): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(input);
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(bytes.length + 1);
    const until = Math.min(bytes.length, at + random.below(9));
    switch (random.below(6)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      case 2:
        if (at < bytes.length) bytes[at] = interesting[random.below(10)]!;
        break;
      case 3:
        bytes = join(bytes.subarray(0, at), bytes.subarray(until));
        break;
      case 4:
        bytes = join(bytes.subarray(0, until), bytes.subarray(at));
        break;
      default:
        bytes = bytes.slice(0, at);
    }
  }
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Runs `check` on random and mutated inputs. A failure names the seed, the run and the input. */
function fuzz(
  samples: Uint8Array[],
  check: (bytes: Uint8Array<ArrayBuffer>, random: Random) => void,
): void {
  const random = new Random();
  const start = performance.now();
  for (let run = 0; run < RUNS; run++) {
    const bytes = run % 4 === 0
      ? random.bytes(64)
      : mutate(random, samples[random.below(samples.length)]!);
    const input = bytes.toHex();
    try {
      check(bytes, random);
    } catch (cause) {
      throw new Error(`seed ${random.seed}, run ${run}, input ${input}`, {
        cause,
      });
    }
  }
  assertLess(performance.now() - start, 60_000);
}

/** Returns the result, or the error if it is of the documented class. Other errors are thrown. */
function attempt<T>(
  decode: () => T,
  promised: new (...args: never[]) => Error,
): { value: T } | { error: Error } {
  try {
    return { value: decode() };
  } catch (error) {
    if (!(error instanceof promised)) throw error;
    return { error };
  }
}

const headers = new Map<string, EventStreamHeader>([
  [":message-type", { type: "string", value: "event" }],
  ["yes", { type: "boolean", value: true }],
  ["byte", { type: "byte", value: -1 }],
  ["short", { type: "short", value: -2 }],
  ["integer", { type: "integer", value: 3 }],
  ["long", { type: "long", value: -4n }],
  ["binary", { type: "binary", value: Uint8Array.of(5, 6) }],
  ["time", { type: "timestamp", value: new Date(7) }],
  ["uuid", { type: "uuid", value: "01020304-0506-0708-090a-0b0c0d0e0f10" }],
]);
const messages = [
  encodeMessage({ headers, payload: new TextEncoder().encode(`{"a":1}`) }),
  encodeMessage({ headers: new Map(), payload: new Uint8Array() }),
];

/**
 * Corrects the checksums of three in four messages, and the length of half of those. Without this,
 * the checksums would reject nearly every mutation.
 */
function mend(bytes: Uint8Array<ArrayBuffer>, random: Random): void {
  if (bytes.length < 16 || random.below(4) === 0) return;
  const view = new DataView(bytes.buffer);
  if (random.below(2) === 0) view.setUint32(0, bytes.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  view.setUint32(
    bytes.length - 4,
    crc32(bytes.subarray(0, bytes.length - 4)),
  );
}

Deno.test("MessageAssembler returns the message of exactly these bytes or throws a ResponseError, for any input", () => {
  let decoded = 0;
  fuzz(messages, (bytes, random) => {
    mend(bytes, random);
    const outcome = attempt(() => decodeMessage(bytes), ResponseError);
    if ("error" in outcome) return;
    decoded++;
    assertEquals(encodeMessage(outcome.value), bytes);
  });
  assert(decoded > RUNS / 100, `${decoded}`);
});

Deno.test("EventStreamDecoderStream returns whole messages or errors with a ResponseError, for any input", async () => {
  const random = new Random();
  for (let run = 0; run < RUNS / 20; run++) {
    const middle = mutate(random, messages[0]!);
    mend(middle, random);
    const bytes = join(messages[0]!, middle, messages[1]!);
    const size = 1 + random.below(40);
    const stream = new EventStreamDecoderStream({ maxMessageBytes: 1000 });
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) {
          controller.enqueue(bytes.subarray(i, i + size));
        }
        controller.close();
      },
    });
    let consumed = 0;
    try {
      for await (const message of source.pipeThrough(stream)) {
        const again = encodeMessage(message);
        assertEquals(again, bytes.slice(consumed, consumed + again.length));
        consumed += again.length;
      }
      assertEquals(consumed, bytes.length);
    } catch (error) {
      assert(error instanceof ResponseError, `seed ${random.seed}: ${error}`);
    }
    assert(consumed >= messages[0]!.length);
  }
});

const answers = [
  encodeCbor({
    Records: [{
      Data: Uint8Array.of(1, 2, 3),
      PartitionKey: "user-1",
      SequenceNumber: "4959033".repeat(8),
      ApproximateArrivalTimestamp: new Date(1_700_000_000_123),
    }],
    NextShardIterator: null,
    MillisBehindLatest: 2 ** 40,
  }),
  encodeCbor([1, -1, 1.5, 2n ** 63n, true, "é".repeat(30), { a: [[[]]] }]),
  Uint8Array.fromHex("bf61610161629f0203ffff"),
  Uint8Array.fromHex("5f42010243030405ff"),
  Uint8Array.fromHex("7f657374726561646d696e67ff"),
];

function deepest(value: CborValue): number {
  if (value instanceof Uint8Array || value instanceof Date) return 0;
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(deepest));
}

/** Whether a value holds a time before 1973: it is written in milliseconds and read as seconds. */
function holdsOldTime(value: CborValue): boolean {
  if (value instanceof Date) return Math.abs(value.getTime()) < 1e11;
  if (value instanceof Uint8Array) return false;
  return typeof value === "object" && value !== null &&
    Object.values(value).some(holdsOldTime);
}

Deno.test("decodeCbor returns values that encode again or throws a ResponseError, for any input", () => {
  let decoded = 0;
  fuzz(answers, (bytes) => {
    const outcome = attempt(() => decodeCbor(bytes), ResponseError);
    if ("error" in outcome) return;
    decoded++;
    const { value } = outcome;
    assert(deepest(value) <= 64);
    if (holdsOldTime(value)) return;
    // Byte strings are views of different buffers, so the values are compared as text.
    const again = decodeCbor(encodeCbor(value));
    assertEquals(Deno.inspect(again, all), Deno.inspect(value, all));
  });
  assert(decoded > RUNS / 20, `${decoded}`);
  assertEquals(Object.keys(Object.prototype), []);
});

const all = {
  depth: 100,
  iterableLimit: Infinity,
  strAbbreviateSize: Infinity,
};

const xmls = [
  `<?xml version="1.0"?><AssumeRoleResponse xmlns="u"><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S&amp;&#x41;</SecretAccessKey><SessionToken><![CDATA[T]]></SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  `<ErrorResponse><Error><Code>AccessDenied</Code><!-- c --><Message a="b">no</Message></Error><RequestId/></ErrorResponse>`,
].map((text) => new TextEncoder().encode(text));

Deno.test("parseXml returns an element or throws a SyntaxError, for any input", () => {
  let parsed = 0;
  const decoder = new TextDecoder();
  fuzz(xmls, (bytes) => {
    const text = decoder.decode(bytes);
    const outcome = attempt(() => parseXml(text), SyntaxError);
    if ("error" in outcome) return;
    parsed++;
    assert(outcome.value.name.length > 0);
  });
  // About one mutated input in twenty is valid. Far fewer would mean that the test covers little.
  assert(parsed > RUNS / 40, `${parsed}`);
});

Deno.test("callSts returns credentials or throws a typed error, for any answer", async () => {
  const random = new Random();
  const statuses = [200, 200, 200, 400, 403, 500];
  const clock = new FakeClock();
  let found = 0;
  for (let run = 0; run < RUNS / 20; run++) {
    const body = mutate(random, xmls[random.below(2)]!);
    const status = statuses[random.below(6)]!;
    try {
      const credentials = await callSts({
        clock,
        environment: new FakeEnvironment(),
        fetch: () => Promise.resolve(new Response(body, { status })),
      }, { action: "AssumeRole", parameters: { RoleArn: "R" } });
      found++;
      assert(credentials.accessKeyId && credentials.secretAccessKey);
    } catch (error) {
      assert(error instanceof KinesisError, `seed ${random.seed}: ${error}`);
    }
  }
  assert(found > 0);
});
