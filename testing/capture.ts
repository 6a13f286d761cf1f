/**
 * Captures of streams: what a consumer saw, in a file.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { createSha256, hexOf } from "../_core/sha256.ts";
import { encodeUtf8 } from "../_core/utf8.ts";
import type { Shard } from "../client/mod.ts";
import { KinesisClient } from "../client/mod.ts";
import { Consumer, type ConsumerOptions } from "../consumer.ts";
import { bytes } from "../processors/bytes.ts";
import { headerLine, lineOf } from "./_capture_lines.ts";
import type { CapturedRecord, CapturedShard, Redact } from "./capture_types.ts";

/**
 * Options of {@linkcode capture}. Give `until` or `limit`, or the capture ends only with the `signal`.
 */
export interface CaptureOptions extends
  Pick<
    ConsumerOptions<Uint8Array<ArrayBuffer>>,
    | "client"
    | "streamName"
    | "streamARN"
    | "from"
    | "until"
    | "limit"
    | "idleTimeoutMs"
    | "prefetch"
    | "fanOut"
    | "clock"
    | "random"
    | "signal"
  > {
  /**
   * Where the capture goes, for example
   * `(await Deno.open("orders.capture", { write: true, createNew: true })).writable`. It is closed at
   * the end, and aborted if the capture fails or the signal aborts.
   */
  to: WritableStream<Uint8Array<ArrayBuffer>>;
  /** Replaces secrets, for example {@linkcode redactAll}. Default: the records are written as read. */
  redact?: Redact;
}

/** What {@linkcode capture} has written. */
export interface CaptureSummary {
  /** The number of records. */
  readonly records: number;
  /** The number of shards. */
  readonly shards: number;
}

const OPTIONS: Record<keyof CaptureOptions, true> = {
  client: true,
  streamName: true,
  streamARN: true,
  from: true,
  until: true,
  limit: true,
  idleTimeoutMs: true,
  prefetch: true,
  fanOut: true,
  clock: true,
  random: true,
  signal: true,
  to: true,
  redact: true,
};

/**
 * Writes what a consumer sees of a stream: the records as they are stored, with their arrival times,
 * and the shards with their parents. The stream is only read: no lease or checkpoint is stored.
 * `replay` plays the capture for a handler.
 *
 * A capture has one JSON document a line. The first line has the format and its version, the last
 * one the number of records, so a reader knows that nothing is missing. Memory holds what a consumer
 * prefetches, and one record.
 *
 * @example Ten minutes of a stream, without its content
 * ```ts
 * import { capture, KinesisServer, readCapture, redactAll } from "@webstreams/kinesis/testing";
 * import { KinesisClient } from "@webstreams/kinesis";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new KinesisServer(); // in place of AWS
 * const { streamName } = server.createStream("orders");
 * const client = new KinesisClient(server.connection);
 * const Data = new TextEncoder().encode("secret");
 * await client.putRecord({ StreamName: streamName, PartitionKey: "alice", Data });
 *
 * const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
 * const [, { records }] = await Promise.all([
 *   capture({
 *     client,
 *     streamName,
 *     until: "caught-up", // or new Date(Date.now() + 600_000)
 *     to: writable,
 *     redact: await redactAll("a key that is kept apart"),
 *   }),
 *   readCapture(readable),
 * ]);
 * assertEquals(records.length, 1);
 * assertEquals(records[0]!.data.length, "secret".length);
 * assertEquals(records[0]!.partitionKey === "alice", false);
 * ```
 *
 * @throws {TypeError} if an option is missing, unknown or of the wrong type
 * @throws {KinesisError} if the stream cannot be read
 */
export async function capture(
  options: CaptureOptions,
): Promise<CaptureSummary> {
  const check = new OptionCheck("Cannot capture");
  check.object("options", options ?? null, Object.keys(OPTIONS));
  check.methods("to", options.to ?? null, "getWriter");
  check.type("redact", options.redact, "function");
  const { to, redact, client = new KinesisClient(), ...reading } = options;
  const { streamName, streamARN, signal } = options;
  const consumer = new Consumer({ ...reading, client, processor: bytes() });
  const writer = to.getWriter();
  const write = async (line: string) => {
    await raceAbort(writer.ready, signal);
    await raceAbort(writer.write(encodeUtf8(line)), signal);
  };
  // A sink that fails rejects the writes, too.
  writer.closed.catch(() => {});
  const target = streamARN ? { StreamARN: streamARN } : {
    StreamName: streamName!,
  };
  const known = new Set<string>();
  const writeShards = async () => {
    for await (const shard of client.listAllShards(target, { signal })) {
      if (known.has(shard.ShardId)) continue;
      known.add(shard.ShardId);
      await write(lineOf({ type: "shard", shard: shardOf(shard) }));
    }
  };
  let records = 0;
  try {
    await write(headerLine(streamARN ?? streamName!));
    await writeShards();
    for await (const read of consumer) {
      // A shard that a reshard has made since.
      if (!known.has(read.shardId)) await writeShards();
      const record: CapturedRecord = {
        shardId: read.shardId,
        sequenceNumber: read.sequenceNumber,
        partitionKey: read.partitionKey,
        arrivedAt: read.approximateArrivalTimestamp?.getTime(),
        data: read.value,
      };
      const kept = redact
        ? checkKept(await raceAbort(Promise.resolve(redact(record)), signal))
        : record;
      const { data, partitionKey } = kept;
      const line = { ...record, data, partitionKey };
      await write(lineOf({ type: "record", record: line }));
      records++;
    }
    signal?.throwIfAborted();
    await writeShards();
    await write(lineOf({ type: "end", records }));
    await raceAbort(writer.close(), signal);
    return { records, shards: known.size };
  } catch (error) {
    await consumer.cancel(error).catch(() => {}); // if reading has not begun
    const aborted = writer.abort(error).catch(() => {});
    // The sink ends after the write that it is in, which may hang.
    if (!signal?.aborted) await aborted;
    throw error;
  }
}

function shardOf(shard: Shard): CapturedShard {
  return {
    shardId: shard.ShardId,
    parentShardId: shard.ParentShardId,
    adjacentParentShardId: shard.AdjacentParentShardId,
    startingHashKey: shard.HashKeyRange.StartingHashKey,
    endingHashKey: shard.HashKeyRange.EndingHashKey,
  };
}

/** A function that returns nothing by mistake must not let the record pass. */
function checkKept<R extends Awaited<ReturnType<Redact>>>(kept: R): R {
  const isKept = kept?.data instanceof Uint8Array &&
    (kept.partitionKey === undefined || typeof kept.partitionKey === "string");
  if (isKept) return kept;
  throw new TypeError(
    "Cannot capture as 'redact' must return 'data', a Uint8Array, and 'partitionKey', a text or undefined",
  );
}

/** The byte that stands for each byte of a record: an asterisk. */
const FILLER = 0x2a;
/** 128 bits: two keys never have the same hash. */
const HASH_CHARACTERS = 32;

/**
 * Makes a function that hides all content: a partition key becomes its HMAC-SHA-256 with your key,
 * so equal keys stay equal, and the bytes of a record become as many asterisks. With the same
 * `secret`, several captures have the same hashes. A partition key cannot be found by trying
 * without it.
 *
 * @throws {TypeError} if `secret` is empty or no text
 */
export async function redactAll(secret: string): Promise<Redact> {
  new OptionCheck("Cannot redact").text("secret", secret ?? "");
  const sha256 = createSha256();
  const key = await sha256.key(encodeUtf8(secret));
  return async ({ data, partitionKey }) => {
    const hidden = new Uint8Array(data.length).fill(FILLER);
    if (partitionKey === undefined) return { data: hidden };
    const hash = hexOf(await sha256.hmac(key, partitionKey));
    return { data: hidden, partitionKey: hash.slice(0, HASH_CHARACTERS) };
  };
}
