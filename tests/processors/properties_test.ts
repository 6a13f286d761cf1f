/** What must hold for every processor, whatever the values, the keys and the limit. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  bytes,
  createProcessor,
  deflateRaw,
  gzip,
  InvalidRecordError,
  json,
  jsonLines,
  jsonList,
  kplBytes,
  kplJson,
  kplString,
  list,
  msgpack,
  netstring,
  newline,
  type Processor,
  string,
} from "../../processors/mod.ts";
import type { EncodedRecord, Put } from "../../records.ts";
import { recordOf } from "./_helpers.ts";

/** Text with any characters, well-formed. */
const text = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  // Around the lengths at which UTF-8 takes another byte for the length than UTF-16 suggests.
  {
    weight: 1,
    arbitrary: fc.integer({ min: 60, max: 70 }).map((n) => "é".repeat(n)),
  },
);
const line = text.filter((s) => s.length > 0 && !s.includes("\n"));
const data = fc.uint8Array({ maxLength: 60 }).map((b) => new Uint8Array(b));
/** JSON as JSON.stringify and JSON.parse agree on it: without -0. */
const jsonValue = fc.jsonValue({ maxDepth: 3 }).map((value) =>
  JSON.parse(JSON.stringify(value)) as unknown
);
const key = fc.oneof(
  fc.constantFrom("a", "7", "10", "0", "__proto__", "constructor"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
  fc.constant("😀".repeat(256)),
);
const hashKey = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom("0", "5") },
  {
    weight: 1,
    arbitrary: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
  },
);

const noProto = (value: unknown): boolean =>
  !JSON.stringify(value).includes('"__proto__"');
const msgpackValue = fc.oneof(
  jsonValue.filter(noProto),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
    // Small ones come back as numbers.
    .map((n) => n >= -(2n ** 53n) && n <= 2n ** 53n ? Number(n) : n),
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  fc.double({ noNaN: true }).map((n) => n === 0 ? 0 : n),
  fc.date({ noInvalidDate: true }),
  data,
  fc.record({ at: fc.date({ noInvalidDate: true }), list: fc.array(data) }),
);

interface Case {
  processor: Processor<unknown>;
  value: fc.Arbitrary<unknown>;
}
function processorCase<T>(
  processor: Processor<T>,
  value: fc.Arbitrary<T>,
): Case {
  return { processor: processor as Processor<unknown>, value };
}
const cases: Case[] = [
  processorCase(string(), text),
  processorCase(json(), jsonValue),
  processorCase(bytes(), data),
  processorCase(jsonLines(), jsonValue),
  processorCase(jsonList(), jsonValue),
  processorCase(msgpack(), msgpackValue),
  processorCase(kplJson(), jsonValue),
  processorCase(kplString({ maxAggregateBytes: 300 }), text),
  processorCase(kplBytes({ outerPartitionKey: "first" }), data),
  processorCase(
    createProcessor({ serializer: string(), framing: newline() }),
    line,
  ),
  processorCase(
    createProcessor({
      serializer: { ...string(), text: undefined },
      framing: newline(),
    }),
    line,
  ),
  processorCase(
    createProcessor({
      serializer: { ...json(), text: undefined },
      framing: list(),
    }),
    jsonValue,
  ),
  processorCase(
    createProcessor({ serializer: bytes(), framing: netstring() }),
    data,
  ),
  processorCase(gzip(jsonLines()), jsonValue),
  processorCase(deflateRaw(kplString()), text),
];

const shardOf = (partitionKey: string, explicitHashKey?: string) =>
  `shard-${(explicitHashKey ?? partitionKey).length % 3}`;

async function encode(
  { processor }: Case,
  puts: Put<unknown>[],
  options: { maxRecordBytes: number; withShards: boolean; flushes: number[] },
) {
  const records: EncodedRecord<Put<unknown>>[] = [];
  const accepted: Put<unknown>[] = [];
  const packer = processor.createPacker<Put<unknown>>({
    maxRecordBytes: options.maxRecordBytes,
    shardOf: options.withShards ? shardOf : undefined,
    emit: (record) => records.push(record),
  });
  for (const [index, put] of puts.entries()) {
    if (options.flushes.includes(index)) await packer.flush();
    try {
      await packer.push(put);
      accepted.push(put);
    } catch (error) {
      assert(error instanceof InvalidRecordError);
      assertEquals(error.code, "RecordTooLarge");
    }
  }
  await packer.flush();
  assertEquals(packer.pending, 0);
  return { records, accepted };
}

/** Puts by partition key, each list in order. */
function byKey(puts: Iterable<Put<unknown>>): Map<string, unknown[]> {
  const map = new Map<string, unknown[]>();
  for (const { partitionKey, value } of puts) {
    map.set(partitionKey, [...map.get(partitionKey) ?? [], value]);
  }
  return map;
}

function sameKeys(a: Put<unknown>[], b: Put<unknown>[]): void {
  const sorted = (map: Map<string, unknown[]>) =>
    [...map].sort(([x], [y]) => x < y ? -1 : 1);
  assertEquals(sorted(byKey(a)), sorted(byKey(b)));
}

for (const [number, each] of cases.entries()) {
  const { processor, value } = each;
  const put = fc.record({
    value,
    partitionKey: key,
    explicitHashKey: hashKey,
  });
  Deno.test(`${processor.name} (${number}) loses nothing, keeps the order per key, and never exceeds any limit`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(put, { maxLength: 30 }),
        fc.oneof(
          fc.integer({ min: 1, max: 200 }),
          fc.integer({ min: 200, max: 3000 }),
        ),
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 29 }), { maxLength: 3 }),
        async (puts, maxRecordBytes, withShards, flushes) => {
          const options = { maxRecordBytes, withShards, flushes };
          const { records, accepted } = await encode(each, puts, options);
          for (const record of records) {
            const keyBytes = new TextEncoder().encode(record.partitionKey);
            assertEquals(record.size, record.data.length + keyBytes.length);
            assert(record.size <= maxRecordBytes);
            assert(record.puts.length > 0);
          }
          // In KPL records one key may go to several shards by its hash keys, each of them in order.
          const homes = processor.name.includes("kpl")
            ? (puts: Put<unknown>[]) =>
              puts.map((p) => ({
                ...p,
                partitionKey: p.partitionKey +
                  shardOf(p.partitionKey, p.explicitHashKey),
              }))
            : (puts: Put<unknown>[]) => puts;
          sameKeys(
            homes(records.flatMap((record) => record.puts)),
            homes(accepted),
          );
          for (const record of records) {
            const raw = recordOf(record.data, record.partitionKey);
            const items = await processor.unpack(raw);
            const found = items.map((item, index) => {
              assert(item.type === "value");
              assertEquals(item.subSequenceNumber, index);
              return [item.value, item.partitionKey];
            });
            assertEquals(
              found,
              record.puts.map((p) => [p.value, p.partitionKey]),
            );
          }
        },
      ),
      { numRuns: processor.name.includes("(") ? 60 : 200 },
    );
  });
}

Deno.test("kpl keeps explicit hash keys, and only those", async () => {
  const put = fc.record({
    value: text,
    partitionKey: key,
    explicitHashKey: hashKey,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(put, { minLength: 2, maxLength: 20 }),
      async (puts) => {
        const processor = kplString({ maxAggregateBytes: 1_000_000 });
        const records: EncodedRecord<Put<string>>[] = [];
        const packer = processor.createPacker<Put<string>>({
          shardOf: () => "one",
          emit: (record) => records.push(record),
        });
        for (const p of puts) packer.push(p);
        await packer.flush();
        assertEquals(records.length, 1);
        const items = await processor.unpack(recordOf(records[0]!.data));
        assertEquals(
          items.map((item) => item.type === "value" && item.explicitHashKey),
          puts.map((p) => p.explicitHashKey),
        );
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("packers fill records: no two neighbours of one key would have fitted into one", async () => {
  const framings: [Processor<string>, number][] = [
    [createProcessor({ serializer: string(), framing: newline() }), 0],
    [createProcessor({ serializer: json<string>(), framing: list() }), -1],
    [createProcessor({ serializer: string(), framing: netstring() }), 0],
  ];
  for (const [processor, joint] of framings) {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 40 }),
        fc.integer({ min: 150, max: 400 }),
        async (values, maxRecordBytes) => {
          const records: EncodedRecord[] = [];
          const sizes: number[][] = [];
          const packer = processor.createPacker<Put<string>>({
            maxRecordBytes,
            emit: (record) => {
              records.push(record);
              sizes.push([record.size]);
            },
          });
          for (const value of values) packer.push({ value, partitionKey: "k" });
          await packer.flush();
          for (const [index, record] of records.entries()) {
            const next = records[index + 1];
            if (!next) continue;
            // The next record's first value alone, packed on its own.
            const [first] = next.puts;
            const alone: EncodedRecord[] = [];
            const other = processor.createPacker<Put<string>>({
              emit: (r) => alone.push(r),
            });
            other.push(first as Put<string>);
            await other.flush();
            const grown = record.size + alone[0]!.size - 1 + joint;
            assert(grown > maxRecordBytes);
          }
        },
      ),
      { numRuns: 100 },
    );
  }
});
