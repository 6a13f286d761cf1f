/**
 * Reads the open shards for some seconds, to see how the traffic is shared.
 *
 * @module
 */
import { pause } from "../_pause.ts";
import { recordSize } from "../_record_size.ts";
import { streamTargetOf } from "../_stream_target.ts";
import { counted } from "../_values.ts";
import { ServiceError } from "../../errors.ts";
import type { Check, Exam, ShardLoad } from "./check.ts";
import { NotKnown } from "./errors.ts";
import { byteRateOf } from "./texts.ts";

/** The time between two reads of a shard. It takes 1 of the 5 reads a second of the shard. */
const READ_MS = 1_000;
/** The most shards that are read. */
const MOST_SHARDS = 50;

/** What reading a shard has shown. */
interface Sample extends ShardLoad {
  readonly throttles: number;
}

/** Makes the check for a length of time. */
export function sampleCheck(sampleMs: number): Check {
  return {
    id: "sample",
    needs: ["stream", "permissions.read"],
    extraMs: sampleMs,
    async run(exam, signal) {
      const all = exam.found.openShards;
      if (!all) throw new NotKnown("The shards are not known");
      const chosen = all.slice(0, MOST_SHARDS);
      const samples = await Promise.all(
        chosen.map((shardId) => sampleShard(exam, shardId, sampleMs, signal)),
      );
      const throttles = sum(samples.map(({ throttles }) => throttles));
      exam.found.sample = { loads: samples, throttles };
      const bytes = sum(samples.map((it) => it.bytesPerSecond));
      const records = sum(samples.map((it) => it.recordsPerSecond));
      const of = chosen.length < all.length ? ` of ${all.length}` : "";
      return {
        status: "ok",
        message: `${counted(chosen.length, "shard")}${of} in ${
          sampleMs / 1000
        } s: ${Math.round(records)} records/s, ${byteRateOf(bytes)}`,
        data: { shards: samples },
      };
    },
  };
}

/** Reads what arrives at a shard from now on. */
async function sampleShard(
  { client, stream }: Exam,
  ShardId: string,
  sampleMs: number,
  signal: AbortSignal,
): Promise<Sample> {
  const target = streamTargetOf(stream!);
  const first = await client.getShardIterator({
    ...target,
    ShardId,
    ShardIteratorType: "LATEST",
  }, { signal });
  let iterator: string | undefined = first.ShardIterator;
  const start = performance.now();
  const end = start + sampleMs;
  let [bytes, records, throttles] = [0, 0, 0];
  let now = start;
  while (iterator !== undefined && now < end) {
    await pause(Math.min(READ_MS, end - now), signal);
    try {
      const answer = await client.getRecords(
        { ShardIterator: iterator, StreamARN: target.StreamARN },
        { signal, maxAttempts: 1 },
      );
      iterator = answer.NextShardIterator;
      records += answer.Records.length;
      bytes += sum(answer.Records.map(recordSize));
    } catch (error) {
      if (!(error instanceof ServiceError && error.throttled)) throw error;
      throttles++;
    }
    now = performance.now();
  }
  const seconds = (now - start) / 1000;
  return {
    shardId: ShardId,
    bytesPerSecond: bytes / seconds,
    recordsPerSecond: records / seconds,
    throttles,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
