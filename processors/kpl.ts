/**
 * The framing of the Kinesis Producer Library (KPL).
 *
 * @module
 */
import { MAX_RECORD_BYTES } from "../_aws/limits.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { KinesisRecord } from "../records.ts";
import { isAggregated } from "./_kpl_format.ts";
import { type KplOptions, KplPacker } from "./_kpl_packer.ts";
import { unpackAggregate } from "./_kpl_unpack.ts";
import { bytes } from "./bytes.ts";
import { createProcessor } from "./create_processor.ts";
import type { Framing } from "./framing.ts";
import { json, type JsonOptions } from "./json.ts";
import type { Processor, Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";
import { decodeOne } from "./single.ts";
import { string } from "./string.ts";

export type { KplOptions };

/** The default of the KPL, in bytes. */
const DEFAULT_MAX_AGGREGATE_BYTES = 51_200;

/**
 * A framing that packs the values of one shard into an aggregated record of the Kinesis Producer
 * Library (KPL). The record has the keys of each value.
 *
 * Values share a record only if `shardOf` returns the same shard for them. A value whose shard is
 * not known gets a plain record. So does a value that is alone in its record, unless
 * {@linkcode KplOptions.aggregateAlways} is set. Flush the packer before the results of `shardOf`
 * change, to keep the order per partition key.
 *
 * Reading treats bytes that are not an aggregated record, or whose checksum does not match, as one
 * plain value. A damaged item is one error; the other items are read.
 *
 * @throws {RangeError} if an option is out of range
 * @throws {TypeError} if `outerPartitionKey` or `aggregateAlways` is not one of its values
 */
export function kpl(options: KplOptions = {}): Framing {
  const check = new OptionCheck("Cannot use kpl");
  check.object("options", options, [
    "maxAggregateBytes",
    "outerPartitionKey",
    "aggregateAlways",
  ]);
  const maxAggregateBytes = check.number(
    "maxAggregateBytes",
    options.maxAggregateBytes,
    {
      default: DEFAULT_MAX_AGGREGATE_BYTES,
      least: 1,
      most: MAX_RECORD_BYTES,
      integer: true,
    },
  );
  const outerPartitionKey = check.choice(
    "outerPartitionKey",
    options.outerPartitionKey,
    ["a", "first"],
    "a",
  );
  const { aggregateAlways = false } = options;
  check.type("aggregateAlways", aggregateAlways, "boolean");
  return {
    name: "kpl",
    scope: "shard",
    createPacker: (serializer, packerOptions) =>
      new KplPacker(serializer, packerOptions, {
        maxAggregateBytes,
        outerPartitionKey,
        aggregateAlways,
      }),
    unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[] {
      return isAggregated(record.data)
        ? unpackAggregate(serializer, record)
        : [decodeOne(serializer, record)];
    },
  };
}

/**
 * JSON values in aggregated records. See {@linkcode kpl}.
 *
 * @example
 * ```ts
 * import { kplJson } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = kplJson<number>().encoder({ shardOf: () => "shardId-000000000000" });
 * const writer = writable.getWriter();
 * writer.write({ value: 1, partitionKey: "user-1" });
 * writer.write({ value: 2, partitionKey: "user-2" });
 * writer.close();
 * for await (const record of readable) {
 *   assertEquals(record.partitionKey, "a");
 *   assertEquals(record.puts.length, 2);
 * }
 * ```
 */
export function kplJson<T = unknown>(
  options: KplOptions & JsonOptions = {},
): Processor<T> {
  const { replacer, reviver, ...rest } = new OptionCheck("Cannot use kplJson")
    .object("options", options);
  return createProcessor({
    serializer: json<T>({ replacer, reviver }),
    framing: kpl(rest),
  });
}

/** Texts in aggregated records. See {@linkcode kpl}. */
export function kplString(options: KplOptions = {}): Processor<string> {
  return createProcessor({ serializer: string(), framing: kpl(options) });
}

/** Bytes in aggregated records. See {@linkcode kpl}. */
export function kplBytes(
  options: KplOptions = {},
): Processor<Uint8Array<ArrayBuffer>> {
  return createProcessor({ serializer: bytes(), framing: kpl(options) });
}
