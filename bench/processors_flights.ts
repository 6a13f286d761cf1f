/**
 * Compares processors by size and speed on real data, the 200 000 flights of npm:vega-datasets.
 * Prints a table: `deno run -A bench/processors_flights.ts`.
 *
 * Each speed is the best of three runs over all flights, with one partition key and one shard.
 *
 * @module
 */
// Imported for its data file: Deno resolves the path of a package only if the package is in the
// module graph.
import "vega-datasets";
import {
  createProcessor,
  deflateRaw,
  gzip,
  json,
  jsonLines,
  jsonList,
  kpl,
  kplJson,
  msgpack,
  type Processor,
} from "../processors/mod.ts";
import type { KinesisRecord, Put } from "../records.ts";

const RUNS = 3;
/** The partition key of all values. Kinesis adds its length to the size of each record. */
const PARTITION_KEY = "flights";

interface Result {
  records: number;
  bytes: number;
  encodeMs: number;
  decodeMs: number;
}

async function measure<T>(
  processor: Processor<T>,
  values: T[],
): Promise<Result> {
  const puts: Put<T>[] = values.map((value) => ({
    value,
    partitionKey: PARTITION_KEY,
  }));
  let best: Result | undefined;
  for (let run = 0; run < RUNS; run++) {
    const records: KinesisRecord[] = [];
    let size = 0;
    const start = performance.now();
    const packer = processor.createPacker<Put<T>>({
      shardOf: () => "shardId-000000000000",
      emit(record) {
        size += record.size;
        records.push({
          streamName: "flights",
          shardId: "shardId-000000000000",
          sequenceNumber: "1",
          partitionKey: record.partitionKey,
          data: record.data,
        });
      },
    });
    for (const put of puts) {
      const full = packer.push(put);
      if (full) await full;
    }
    await packer.flush();
    const encoded = performance.now();
    let items = 0;
    for (const record of records) {
      const unpacked = processor.unpack(record);
      const found = Array.isArray(unpacked) ? unpacked : await unpacked;
      items += found.length;
      if (found.some((item) => item.type === "error")) {
        throw new Error(`${processor.name} cannot read what it wrote`);
      }
    }
    if (items !== values.length) {
      throw new Error(`${processor.name} lost ${values.length - items} values`);
    }
    const decoded = performance.now();
    best = {
      records: records.length,
      bytes: size,
      encodeMs: Math.min(best?.encodeMs ?? Infinity, encoded - start),
      decodeMs: Math.min(best?.decodeMs ?? Infinity, decoded - encoded),
    };
  }
  return best!;
}

const path = new URL(
  "../data/flights-200k.json",
  import.meta.resolve("vega-datasets"),
);
const flights = JSON.parse(await Deno.readTextFile(path)) as unknown[];
const plain = flights.reduce<number>(
  (sum, flight) => sum + JSON.stringify(flight).length,
  0,
);
console.log(
  `${flights.length} flights, ${
    (plain / flights.length).toFixed(1)
  } bytes of JSON each\n`,
);
console.log(
  "| Processor | bytes a value | values a Kinesis record | encode, 1000 values/s | decode, 1000 values/s |",
);
console.log("|---|---:|---:|---:|---:|");
const processors: Record<string, Processor<unknown>> = {
  "json()": json(),
  "jsonLines()": jsonLines(),
  "jsonList()": jsonList(),
  "msgpack()": msgpack(),
  "kplJson()": kplJson(),
  "MessagePack in KPL": createProcessor({
    serializer: msgpack(),
    framing: kpl(),
  }),
  "gzip(jsonLines())": gzip(jsonLines()),
  "gzip(msgpack())": gzip(msgpack()),
  "deflateRaw(jsonLines())": deflateRaw(jsonLines()),
  "gzip(kplJson())": gzip(kplJson()),
};
for (const [name, processor] of Object.entries(processors)) {
  const result = await measure(processor, flights);
  const perSecond = (ms: number) =>
    Math.round(flights.length / ms).toLocaleString("en");
  const perRecord = flights.length / result.records;
  console.log(
    `| \`${name}\` | ${(result.bytes / flights.length).toFixed(1)} | ${
      Math.round(perRecord).toLocaleString("en")
    } | ${perSecond(result.encodeMs)} | ${perSecond(result.decodeMs)} |`,
  );
}
