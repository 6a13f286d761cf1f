/**
 * Does one shard carry much more than the others, or nearly all that it can?
 *
 * @module
 */
import { streamMetrics } from "../../cloudwatch/mod.ts";
import type { MetricSeries, StreamMetricName } from "../../cloudwatch/mod.ts";
import type { Check, Exam, Finding, ShardLoad } from "./check.ts";
import { NotKnown } from "./errors.ts";
import { byteRateOf, percentOf } from "./texts.ts";

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const MOST_BYTES = 1_048_576;
const MOST_RECORDS = 1_000;
/** A shard that is used so much has no room for a peak. */
const FULL = 0.8;
/**
 * A shard is hot if it is used so much, and so many times the average of the others. The average of
 * all would never tell it with two shards, because one has at most twice that.
 */
const BUSY = 0.25;
const TIMES_OTHERS = 3;
/** The most shards whose metrics are read: AWS bills by the number of series. */
const MOST_SHARDS = 100;
const MINUTE_S = 60;
const RECENT_MS = 15 * 60_000;

/** The check. */
export const hotShardsCheck: Check = {
  id: "hot-shards",
  needs: ["stream"],
  run: async (exam, signal) => judgeLoads(await loadsOf(exam, signal)),
};

/** Judges the traffic of each shard against its limits and the other shards. */
function judgeLoads(loads: readonly ShardLoad[]): Finding {
  const used = loads.map((load) => ({ ...load, used: usedOf(load) }))
    .sort((a, b) => b.used - a.used);
  const [hottest] = used;
  if (!hottest) return { status: "skipped", message: "There are no shards" };
  const average = averageOf(used);
  const data = {
    average,
    hottest: used.slice(0, 5),
  };
  if (hottest.used === 0) {
    return { status: "ok", message: "There was no traffic", data };
  }
  const { shardId, bytesPerSecond, recordsPerSecond } = hottest;
  const others = averageOf(used.slice(1));
  const message = `${shardId} is used most: ${
    percentOf(hottest.used)
  } of its limit (${byteRateOf(bytesPerSecond)}, ${
    Math.round(recordsPerSecond)
  } records/s)${
    used.length > 1 ? `; the others have ${percentOf(others)} on average` : ""
  }`;
  const isUneven = used.length > 1 && hottest.used >= BUSY &&
    hottest.used >= others * TIMES_OTHERS;
  if (isUneven) {
    return {
      status: "warning",
      message,
      remedy:
        "Use partition keys that spread the traffic, or split this shard. A stream on demand can distribute records without keys (AUTO)",
      data,
    };
  }
  return hottest.used < FULL ? { status: "ok", message, data } : {
    status: "warning",
    message,
    remedy:
      "Add shards with reshard, or make the stream on demand. Neither helps if one partition key has most of the traffic: divide that key",
    data,
  };
}

function averageOf(loads: readonly { used: number }[]): number {
  return loads.reduce((sum, { used }) => sum + used, 0) / loads.length;
}

/** The share of its limits that a shard uses. */
function usedOf({ bytesPerSecond, recordsPerSecond }: ShardLoad): number {
  return Math.max(bytesPerSecond / MOST_BYTES, recordsPerSecond / MOST_RECORDS);
}

async function loadsOf(
  exam: Exam,
  signal: AbortSignal,
): Promise<readonly ShardLoad[]> {
  const { sample, metrics, summary, openShards } = exam.found;
  if (sample) return sample.loads;
  const enabled = new Set(
    summary?.EnhancedMonitoring?.flatMap((it) => it.ShardLevelMetrics ?? []),
  );
  const names = (["IncomingBytes", "IncomingRecords"] as const)
    .filter((name) => enabled.has(name) || enabled.has("ALL"));
  if (!metrics || !openShards || names.length === 0) {
    throw new NotKnown(
      "Measured with --sample 10s, or by CloudWatch if the metrics of shards are enabled (EnableEnhancedMonitoring)",
    );
  }
  const series = await streamMetrics(exam.client, exam.stream!, {
    metrics: names,
    perShard: openShards.slice(0, MOST_SHARDS),
    from: new Date(Date.now() - RECENT_MS),
    endpoint: exam.cloudWatchEndpoint,
    signal,
  });
  return openShards.slice(0, MOST_SHARDS).map((shardId) => ({
    shardId,
    bytesPerSecond: peakOf(series, shardId, "IncomingBytes"),
    recordsPerSecond: peakOf(series, shardId, "IncomingRecords"),
  }));
}

/** The largest minute, as a rate a second. */
function peakOf(
  series: readonly MetricSeries[],
  shardId: string,
  metric: StreamMetricName,
): number {
  const points = series
    .find((it) => it.shardId === shardId && it.metric === metric)?.points ?? [];
  return Math.max(0, ...points.map(({ value }) => value)) / MINUTE_S;
}
