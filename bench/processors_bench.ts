/**
 * Measures encoding and decoding, each with a baseline. Run
 * `deno bench -A bench/processors_bench.ts`, or `deno run -A bench/processors_report.ts` for a
 * table of records and megabytes per second.
 *
 * One iteration handles the number of records in {@linkcode counts}. The name of a group ends with
 * the size of a record.
 *
 * @module
 */
import agg from "aws-kinesis-agg";
import { pack as msgpackrPack } from "msgpackr/pack";
import { unpack as msgpackrUnpack } from "msgpackr/unpack";
import protobuf from "protobufjs";
import { hashKeyOf } from "../_aws/hash_key.ts";
import { md5 } from "@noble/hashes/legacy.js";
import {
  gzip,
  jsonLines,
  jsonList,
  kplBytes,
  kplJson,
  kplString,
  msgpack,
  type Processor,
} from "../processors/mod.ts";
import type { KinesisRecord, Put } from "../records.ts";
import { counts, type Size } from "./processors_sizes.ts";

interface Event {
  id: number;
  user: string;
  at: number;
  ok: boolean;
  text: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const keys = Array.from({ length: 100 }, (_, i) => `user-${i * 7919}`);
const words = "the quick brown fox jumps over the lazy dog and runs away ";

/** Makes `count` events whose JSON text has `bytes` bytes. */
function eventsOf(bytes: number, count: number): Event[] {
  return Array.from({ length: count }, (_, id) => {
    const event: Event = {
      id: 100_000 + id,
      user: keys[id % keys.length]!,
      at: 1_700_000_000_000 + id,
      ok: id % 3 === 0,
      text: "",
    };
    const rest = bytes - JSON.stringify(event).length;
    event.text = words.repeat(Math.ceil(rest / words.length)).slice(0, rest);
    return event;
  });
}

function putsOf<T>(values: T[], key: (index: number) => string): Put<T>[] {
  return values.map((value, i) => ({ value, partitionKey: key(i) }));
}

/** Packs all values. Returns a promise if the packer is asynchronous. */
function packAll<T>(
  processor: Processor<T>,
  puts: Put<T>[],
  emit: (record: KinesisRecord) => void = () => {},
): void | Promise<void> {
  const packer = processor.createPacker<Put<T>>({
    shardOf: () => "shardId-000000000000",
    emit: ({ data, partitionKey }) =>
      emit({
        streamName: "bench",
        shardId: "shardId-000000000000",
        sequenceNumber: "1",
        partitionKey,
        data,
      }),
  });
  for (const put of puts) packer.push(put);
  return packer.flush();
}

function benchBoth<T>(
  name: string,
  size: Size,
  puts: Put<T>[],
  processor: Processor<T>,
  group: string,
): void {
  Deno.bench(name, { group: `${group} encode ${size}` }, () => {
    packAll(processor, puts);
  });
  const records: KinesisRecord[] = [];
  packAll(processor, puts, (record) => records.push(record));
  Deno.bench(name, { group: `${group} decode ${size}` }, () => {
    let items = 0;
    for (const record of records) {
      items += (processor.unpack(record) as unknown[]).length;
    }
    if (items !== puts.length) throw new Error(`${items} items`);
  });
}

const protoType = protobuf.Root.fromJSON({
  nested: {
    Record: {
      fields: {
        partition_key_index: { rule: "required", type: "uint64", id: 1 },
        explicit_hash_key_index: { type: "uint64", id: 2 },
        data: { rule: "required", type: "bytes", id: 3 },
      },
    },
    AggregatedRecord: {
      fields: {
        partition_key_table: { rule: "repeated", type: "string", id: 1 },
        explicit_hash_key_table: { rule: "repeated", type: "string", id: 2 },
        records: { rule: "repeated", type: "Record", id: 3 },
      },
    },
  },
}).lookupType("AggregatedRecord");

for (const [name, { bytes, count }] of Object.entries(counts)) {
  const size = name as Size;
  const events = eventsOf(bytes, count);
  const texts = events.map((event) => JSON.stringify(event));
  const arrays = texts.map((text) => encoder.encode(text));
  const sameKey = putsOf(events, () => "key");
  const manyKeys = putsOf(events, (i) => keys[i % keys.length]!);
  const ownKeys = putsOf(events, (i) => `key-${i}`);

  // JSON with one key for all records, and with one key per record: the two extremes of a stream.
  Deno.bench("JSON.stringify + TextEncoder.encode", {
    group: `json encode ${size}`,
    baseline: true,
  }, () => {
    for (const event of events) encoder.encode(JSON.stringify(event));
  });
  Deno.bench("TextDecoder.decode + JSON.parse", {
    group: `json decode ${size}`,
    baseline: true,
  }, () => {
    for (const array of arrays) JSON.parse(decoder.decode(array));
  });
  benchBoth("jsonLines", size, sameKey, jsonLines(), "json");
  benchBoth("jsonList", size, sameKey, jsonList(), "json");
  benchBoth("jsonLines, a key per record", size, ownKeys, jsonLines(), "json");
  benchBoth("kplJson", size, manyKeys, kplJson(), "json");

  const packed = events.map((event) => new Uint8Array(msgpackrPack(event)));
  Deno.bench("msgpackr", {
    group: `msgpack encode ${size}`,
    baseline: true,
  }, () => {
    for (const event of events) msgpackrPack(event);
  });
  Deno.bench("msgpackr", {
    group: `msgpack decode ${size}`,
    baseline: true,
  }, () => {
    for (const array of packed) msgpackrUnpack(array);
  });
  benchBoth("msgpack", size, sameKey, msgpack(), "msgpack");

  benchKpl(size, bytes, texts, arrays);

  const lines = [encoder.encode(texts.join("\n"))];
  Deno.bench("CompressionStream", {
    group: `gzip encode ${size}`,
    baseline: true,
  }, async () => {
    const stream = new Blob(lines).stream().pipeThrough(
      new CompressionStream("gzip"),
    );
    await new Response(stream).arrayBuffer();
  });
  Deno.bench("gzip(jsonLines)", { group: `gzip encode ${size}` }, async () => {
    await packAll(gzip(jsonLines()), sameKey);
  });
}

/**
 * Uses aggregates of at most 51 200 bytes, or 1 000 000 bytes for records of 10 000 bytes or more.
 */
function benchKpl(
  size: Size,
  bytes: number,
  texts: string[],
  arrays: Uint8Array<ArrayBuffer>[],
): void {
  const maxAggregateBytes = bytes < 10_000 ? 51_200 : 1_000_000;
  const perAggregate = Math.floor(maxAggregateBytes / (bytes + 20));
  const group = `kpl encode ${size}`;
  const options = { maxAggregateBytes };
  const key = (i: number) => keys[i % keys.length]!;
  const batches: number[][] = [];
  for (let i = 0; i < arrays.length; i += perAggregate) {
    batches.push(
      Array.from(
        { length: Math.min(perAggregate, arrays.length - i) },
        (_, j) => i + j,
      ),
    );
  }
  const buffers = arrays.map((array) => toBuffer(array));
  const aggregated: { data: string; bytes: Uint8Array }[] = [];
  const { RecordAggregator } = agg as unknown as NpmAggregation;
  const aggregator = new RecordAggregator((_, { data }) => {
    aggregated.push({ data: data.toString("base64"), bytes: data });
  });
  const npmEncode = () => {
    aggregated.length = 0;
    for (const batch of batches) {
      for (const i of batch) {
        aggregator.addUserRecord({ data: buffers[i], partitionKey: key(i) });
      }
      aggregator.flushBufferedRecords();
    }
  };
  Deno.bench("npm aws-kinesis-agg", { group, baseline: true }, npmEncode);
  Deno.bench("protobufjs, without MD5", { group }, () => {
    for (const batch of batches) {
      const table = new Map<string, number>();
      const records = batch.map((i) => {
        let index = table.get(key(i));
        if (index === undefined) table.set(key(i), index = table.size);
        return { partition_key_index: index, data: arrays[i] };
      });
      protoType.encode({ partition_key_table: [...table.keys()], records })
        .finish();
    }
  });
  benchBoth("kplBytes", size, putsOf(arrays, key), kplBytes(options), "kpl");
  benchBoth("kplString", size, putsOf(texts, key), kplString(options), "kpl");

  npmEncode();
  const found = [...aggregated];
  const decodeGroup = `kpl decode ${size}`;
  Deno.bench("npm aws-kinesis-agg", {
    group: decodeGroup,
    baseline: true,
  }, () => {
    for (const { data } of found) {
      agg.deaggregateSync(
        { data, sequenceNumber: "1", partitionKey: "a" } as never,
        true,
        () => {},
      );
    }
  });
  Deno.bench("protobufjs, without MD5", { group: decodeGroup }, () => {
    for (const { bytes } of found) {
      protoType.decode(bytes.subarray(4, bytes.length - 16));
    }
  });
}

/** The part of the package that its types do not declare. */
interface NpmAggregation {
  RecordAggregator: new (
    onReady: (
      error: unknown,
      record: { data: Uint8Array & { toString(encoding: string): string } },
    ) => void,
  ) => {
    addUserRecord(
      record: { data: Uint8Array | undefined; partitionKey: string },
    ): void;
    flushBufferedRecords(): void;
  };
}

function toBuffer(bytes: Uint8Array): Uint8Array {
  // The package calls methods that only the Buffer of Node.js has.
  return (globalThis as unknown as {
    Buffer: { from(bytes: Uint8Array): Uint8Array };
  }).Buffer.from(bytes);
}

const partitionKeys = Array.from({ length: 1000 }, (_, i) => `user-${i}`);
Deno.bench("@noble/hashes md5 + bigint", {
  group: "hash 1000 keys",
  baseline: true,
}, () => {
  for (const key of partitionKeys) {
    const view = new DataView(md5(encoder.encode(key)).buffer);
    (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  }
});
Deno.bench("hashKeyOf", { group: "hash 1000 keys" }, () => {
  for (const key of partitionKeys) hashKeyOf(key);
});
