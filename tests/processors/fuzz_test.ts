/**
 * Damaged records: every decoder answers with values and typed errors, in bounded time.
 *
 * Each run has another seed, which a failure names. `FUZZ_SEED` repeats a run.
 */
import {
  ListDecoderStream,
  NetstringDecoderStream,
  NewlineDecoderStream,
} from "../../framing/mod.ts";
import { md5 } from "@noble/hashes/legacy.js";
import { assert, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { DecodeError } from "../../errors.ts";
import {
  bytes,
  createProcessor,
  deflateRaw,
  gzip,
  json,
  jsonLines,
  jsonList,
  kplString,
  msgpack,
  netstring,
  newline,
  type Processor,
  string,
  type Unpacked,
} from "../../processors/mod.ts";
import type { KinesisRecord, Put } from "../../records.ts";
import { FUZZ_INPUTS } from "../_fuzz_inputs.ts";
import { collect, pack, recordOf, streamOf } from "./_helpers.ts";

const seed = Number(
  Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
);
/** For decoders that make new streams for each input, because that takes most of the time. */
const STREAMED_INPUTS = Math.ceil(FUZZ_INPUTS / 4);

/** Most items of a damaged record that is compressed. The samples are short. */
const MOST_DECOMPRESSED = 10_000;
// Stack traces would take most of the time.
(Error as { stackTraceLimit?: number }).stackTraceLimit = 0;

/** Numbers from 0 to n - 1, the same for the same seed. */
function random(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Bytes with a meaning in one of the formats. */
const telling = [
  0x00,
  0x01,
  0x7f,
  0x80,
  0xff,
  0x0a,
  0x22,
  0x2c,
  0x30,
  0x39,
  0x3a,
  0x5b,
  0x5c,
  0x5d,
  0x7b,
  0x7d,
  0x81,
  0x91,
  0xc1,
  0xc6,
  0xc9,
  0xcb,
  0xcf,
  0xd4,
  0xdb,
  0xdd,
  0xdf,
  0x0a,
  0x12,
  0x1a,
  0x08,
  0x10,
  0x1f,
  0x8b,
];

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function mutate(
  frame: Uint8Array,
  pick: (n: number) => number,
): Uint8Array<ArrayBuffer> {
  let data = new Uint8Array(frame);
  for (let i = 1 + pick(4); i > 0; i--) {
    const at = pick(data.length + 1);
    const length = pick(8);
    switch (pick(6)) {
      case 0:
        data[at] = pick(256);
        break;
      case 1:
        data[at] = telling[pick(telling.length)]!;
        break;
      case 2: // cut off
        data = data.slice(0, at);
        break;
      case 3: // leave out
        data = join(data.subarray(0, at), data.subarray(at + length));
        break;
      case 4: // repeat
        data = join(data.subarray(0, at + length), data.subarray(at));
        break;
      case 5: // insert
        data = join(
          data.subarray(0, at),
          Uint8Array.from({ length }, () => telling[pick(telling.length)]!),
          data.subarray(at),
        );
    }
  }
  return data;
}

/** Corrects the checksum of an aggregated record, so that the decoder reads the data. */
function repair(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (data.length < 21) return data;
  data.set([0xf3, 0x89, 0x9a, 0xc2]);
  data.set(md5(data.subarray(4, -16)), data.length - 16);
  return data;
}

const values = [{ a: [1, "é", null, { b: -1.5 }] }, "x", 4_294_967_296, []];
const puts: Put<unknown>[] = values.map((value) => ({
  value,
  partitionKey: "k",
}));
const textPuts: Put<string>[] = ["one", "", "three é", "4"].map((
  value,
  index,
) => ({ value, partitionKey: `k${index % 2}`, explicitHashKey: "5" }));

function check<T>(
  record: KinesisRecord,
  items: Unpacked<T>[],
  most: number = record.data.length + 1,
): void {
  assert(items.length <= most);
  for (const [index, item] of items.entries()) {
    assertStrictEquals(item.subSequenceNumber, index);
    if (item.type === "value") continue;
    assertInstanceOf(item.error, DecodeError);
    assertStrictEquals(item.error.record, record);
  }
}

async function fuzz(
  processor: Processor<unknown>,
  frame: Uint8Array,
  count: number,
  fix = (data: Uint8Array<ArrayBuffer>) => data,
): Promise<void> {
  const pick = random(seed);
  for (let i = 0; i < count; i++) {
    const record = recordOf(fix(mutate(frame, pick)));
    try {
      const items = processor.unpack(record);
      if (Array.isArray(items)) check(record, items);
      else check(record, await items, MOST_DECOMPRESSED);
    } catch (error) {
      throw new Error(
        `seed ${seed}, frame ${i}: ${record.data.toString()}`,
        { cause: error },
      );
    }
  }
}

const processors: Processor<unknown>[] = [
  string() as Processor<unknown>,
  json(),
  jsonLines(),
  jsonList(),
  msgpack(),
  createProcessor({
    serializer: { ...json(), text: undefined },
    framing: newline(),
  }),
  createProcessor({
    serializer: bytes(),
    framing: netstring(),
  }) as Processor<unknown>,
];

for (const [number, processor] of processors.entries()) {
  Deno.test(`${processor.name} (${number}) answers ${FUZZ_INPUTS} damaged records with values and typed errors`, async () => {
    const samples = processor.name === "string" ||
        processor.name.startsWith("bytes")
      ? [{ value: "some é text", partitionKey: "k" }]
      : puts;
    const encoder = new TextEncoder();
    const [record] = await pack(
      processor,
      processor.name.startsWith("bytes")
        ? samples.map((p) => ({
          ...p,
          value: encoder.encode(String(p.value)),
        }))
        : samples,
    );
    await fuzz(processor, record!.data, FUZZ_INPUTS);
  });
}

Deno.test(`kpl answers ${FUZZ_INPUTS} damaged records with values and typed errors`, async () => {
  const processor = kplString();
  const [record] = await pack(processor, textPuts, { shardOf: () => "s" });
  await fuzz(
    processor as Processor<unknown>,
    record!.data,
    Math.ceil(FUZZ_INPUTS / 10),
  );
  await fuzz(
    processor as Processor<unknown>,
    record!.data,
    FUZZ_INPUTS,
    repair,
  );
});

for (const compressed of [gzip, deflateRaw]) {
  const processor = compressed(jsonLines());
  Deno.test(`${processor.name} answers ${STREAMED_INPUTS} damaged records with values and typed errors`, async () => {
    const [record] = await pack(processor, puts);
    await fuzz(processor, record!.data, STREAMED_INPUTS);
  });
}

const decoders = {
  NewlineDecoderStream,
  NetstringDecoderStream,
  ListDecoderStream,
};
for (const [name, Decoder] of Object.entries(decoders)) {
  Deno.test(`${name} answers ${STREAMED_INPUTS} damaged inputs with frames or an error`, async () => {
    const sample = new TextEncoder().encode(
      name.startsWith("Net")
        ? "3:abc,11:hello world,0:,"
        : '[{"a":[1,"]"]},\n"x\\"", 3 ]\n',
    );
    const pick = random(seed);
    for (let i = 0; i < STREAMED_INPUTS; i++) {
      const data = mutate(sample, pick);
      const half = pick(data.length + 1);
      const chunks = [data.subarray(0, half), data.subarray(half)];
      const result = await collect(
        streamOf(chunks).pipeThrough(new Decoder({ maxFrameBytes: 100 })),
      ).catch((error) => error);
      if (Array.isArray(result)) {
        const total = result.reduce((sum, frame) => sum + frame.length, 0);
        assert(total <= data.length, `seed ${seed}, input ${i}`);
      } else {
        assert(
          result instanceof SyntaxError || result instanceof RangeError,
          `seed ${seed}, input ${i}: ${result}`,
        );
      }
    }
  });
}

Deno.test("decoders take bombs of a megabyte in bounded time", async () => {
  const megabyte = 1_048_576;
  const fill = (unit: string) =>
    unit.repeat(Math.ceil(megabyte / unit.length)).slice(0, megabyte);
  const wrapped = new Uint8Array(megabyte).fill(0x91);
  const nested = new TextEncoder().encode(`${megabyte}:`);
  const start = performance.now();
  const records: [Processor<unknown>, Uint8Array | string][] = [
    [json(), fill("[")],
    [jsonLines(), fill("{\n")],
    [jsonList(), "[" + fill("x,")],
    [jsonList(), fill("[")],
    [jsonList(), '["' + fill("\\")],
    [msgpack(), fill("1:\xc1,")],
    [msgpack(), fill("0:,")],
    [msgpack(), new Uint8Array([...nested, ...wrapped, 0x2c])],
    [msgpack(), fill("9")],
    [kplString() as Processor<unknown>, repair(bytesOf(fill("\x1a\x00")))],
    [kplString() as Processor<unknown>, repair(bytesOf(fill("\x0a\x00")))],
    [kplString() as Processor<unknown>, repair(bytesOf(fill("\xff")))],
  ];
  for (const [processor, data] of records) {
    const record = recordOf(typeof data === "string" ? bytesOf(data) : data);
    const items = await processor.unpack(record);
    check(record, items);
    assert(items.filter((item) => item.type === "error").length <= 1001);
  }
  assert(performance.now() - start < 10_000);
});

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}
