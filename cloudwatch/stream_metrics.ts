/**
 * The metrics that Kinesis writes to CloudWatch for a stream and its shards.
 *
 * @module
 */
import { type StreamChoice, streamOf } from "../_aws/stream_choice.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { signalOption } from "../_core/signal_option.ts";
import type { KinesisClient } from "../client/mod.ts";
import { KinesisError } from "../errors.ts";
import { readSeries, type SeriesQuery } from "./_metric_data.ts";
import {
  factsOf,
  METRICS,
  type MetricSeries,
  type MetricStatistic,
  type StreamMetricName,
  USUAL,
} from "./_names.ts";
import { cloudWatch } from "./_service.ts";

/** Options of {@linkcode streamMetrics}. */
export interface StreamMetricsOptions {
  /**
   * The metrics, by their names in CloudWatch. Default: `IncomingRecords`, `IncomingBytes`,
   * `WriteProvisionedThroughputExceeded`, `ReadProvisionedThroughputExceeded`,
   * `GetRecords.IteratorAgeMilliseconds` and `GetRecords.Success`; with `perShard` all of these but
   * the last.
   */
  metrics?: readonly StreamMetricName[];
  /**
   * The length of a period, in seconds: a multiple of 60. Kinesis writes once a minute; a longer
   * period has fewer points. CloudWatch keeps periods of 60 for 15 days, of 300 for 63 days and of
   * 3600 for 455 days.
   * @default {60}
   */
  period?: number;
  /** The beginning of the first period. It is rounded down to a period. Default: an hour ago. */
  from?: Date;
  /** The end of the last period. Default: now, by the clock of the client. */
  to?: Date;
  /** The statistic of all metrics. Default: the usual one of each, see {@linkcode MetricSeries}. */
  statistic?: MetricStatistic;
  /**
   * Reads the metrics of each shard in place of those of the stream: of all shards (`true`), or of
   * the named ones. They must be enabled (`EnableEnhancedMonitoring`), which AWS bills. `true` reads
   * the shards from Kinesis.
   * @default {false}
   */
  perShard?: boolean | readonly string[];
  /** The URL that requests to CloudWatch are sent to, in place of the endpoint of the region. */
  endpoint?: string | URL;
  /** Ends the call. */
  signal?: AbortSignal;
}

const WHAT = "Cannot read the metrics";
const OPTIONS: readonly (keyof StreamMetricsOptions)[] = [
  "metrics",
  "period",
  "from",
  "to",
  "statistic",
  "perShard",
  "endpoint",
  "signal",
];
const HOUR_MS = 3_600_000;
const STATISTICS: readonly MetricStatistic[] = [
  "Average",
  "Maximum",
  "Minimum",
  "SampleCount",
  "Sum",
];

/**
 * Reads metrics of a stream from CloudWatch, which Kinesis writes once a minute, up to a few minutes
 * late. Resolves with one series for each metric (and shard), in the order of the options. CloudWatch
 * does not say whether a stream exists: the series of an unknown stream have no points.
 *
 * Requests are signed with the credentials of `client`, for its region or for that of the ARN. The
 * account of an ARN may be another one that is linked to that of the credentials in CloudWatch.
 * CloudWatch bills them by the number of series.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 *
 * @param client the client whose region, credentials, `fetch` and time limits are used
 * @param stream the name or ARN of the stream
 * @throws {TypeError} if an option has a wrong type, or names an unknown metric
 * @throws {RangeError} if a period or time is not allowed
 * @throws {KinesisError} `MetricsNotEnabled` if a metric of each shard is not enabled;
 * `MetricsIncomplete` if CloudWatch leaves a metric out, or could not read all of it
 * @throws {ServiceError} if CloudWatch answers with an error
 */
export async function streamMetrics(
  client: KinesisClient,
  stream: string,
  options: StreamMetricsOptions = {},
): Promise<MetricSeries[]> {
  const check = new OptionCheck(WHAT);
  check.methods("client", client, "describeStreamSummary", "listAllShards");
  check.object("options", options, OPTIONS);
  const choice = streamOf(check, "stream", stream);
  const { serviceOptions } = client;
  const { period, from, to } = resolveSpan(
    check,
    options,
    serviceOptions.clock!.now(),
  );
  const metrics = resolveMetrics(check, options);
  const statistic = check.choice(
    "statistic",
    options.statistic,
    STATISTICS,
    undefined,
  );
  const signal = signalOption(check, options);
  const transport = cloudWatch(WHAT, {
    ...serviceOptions,
    ...regionOf(choice),
    endpoint: options.endpoint,
  });
  const shardIds = await resolveShards(client, choice, options, metrics);
  const queries = shardIds.flatMap((shardId) =>
    metrics.map((metric): SeriesQuery => ({
      metric,
      ...(shardId !== undefined && { shardId }),
      statistic: statistic ?? factsOf(metric).statistic,
    }))
  );
  const { streamName } = choice;
  const accountId = accountOf(choice);
  const span = { streamName, accountId, from, to, period, signal };
  return await readSeries(transport, queries, span);
}

function resolveSpan(
  check: OptionCheck,
  options: StreamMetricsOptions,
  now: number,
): { period: number; from: number; to: number } {
  const period = check.number("period", options.period, {
    default: 60,
    least: 60,
    most: 86_400,
    integer: true,
  });
  if (period % 60 !== 0) {
    throw new RangeError(check.message("period", "a multiple of 60", period));
  }
  const to = timeOf(check, "to", options.to) ?? now;
  const begin = timeOf(check, "from", options.from) ?? to - HOUR_MS;
  const from = Math.floor(begin / (period * 1000)) * period * 1000;
  if (from >= to) {
    const rule = `before 'to' (${new Date(to).toISOString()})`;
    throw new RangeError(
      check.message("from", rule, new Date(begin).toISOString()),
    );
  }
  return { period, from, to };
}

function timeOf(
  check: OptionCheck,
  name: string,
  value: Date | undefined,
): number | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    return value.getTime();
  }
  throw new TypeError(check.message(name, "a valid Date", value));
}

function resolveMetrics(
  check: OptionCheck,
  { metrics, perShard }: StreamMetricsOptions,
): readonly StreamMetricName[] {
  const isOfShards = perShard !== undefined && perShard !== false;
  const allowed = (Object.keys(METRICS) as StreamMetricName[])
    .filter((name) => !isOfShards || factsOf(name).ofShard !== undefined);
  if (metrics === undefined) {
    return USUAL.filter((name) => allowed.includes(name));
  }
  if (!Array.isArray(metrics) || metrics.length === 0) {
    throw new TypeError(check.refusal("'metrics' must be a list of names"));
  }
  return metrics.map((name: StreamMetricName, index) =>
    check.choice(`metrics[${index}]`, name, allowed, name)
  );
}

/** The shards to read; `undefined` stands for the whole stream. */
async function resolveShards(
  client: KinesisClient,
  { target, streamName }: StreamChoice,
  { perShard = false, signal }: StreamMetricsOptions,
  metrics: readonly StreamMetricName[],
): Promise<readonly (string | undefined)[]> {
  if (perShard === false) return [undefined];
  if (perShard !== true) return checkShards(perShard);
  const { StreamDescriptionSummary: summary } = await client
    .describeStreamSummary(target, { signal });
  const enabled = new Set(
    summary.EnhancedMonitoring?.flatMap(({ ShardLevelMetrics = [] }) =>
      ShardLevelMetrics
    ),
  );
  const missing = metrics.map((name) => factsOf(name).ofShard!)
    .filter((name) => !enabled.has(name as never) && !enabled.has("ALL"));
  if (missing.length > 0) {
    throw new KinesisError(
      `${WHAT} of each shard of "${streamName}" as these are not enabled: ${
        missing.join(", ")
      }. ` +
        "Call enableEnhancedMonitoring, which AWS bills, or leave 'perShard' out",
      { code: "MetricsNotEnabled" },
    );
  }
  const shardIds: string[] = [];
  for await (const { ShardId } of client.listAllShards(target, { signal })) {
    shardIds.push(ShardId);
  }
  return shardIds;
}

function checkShards(shardIds: readonly string[]): readonly string[] {
  const check = new OptionCheck(WHAT);
  if (!Array.isArray(shardIds) || shardIds.length === 0) {
    const rule = "true, false or a list of shard ids";
    throw new TypeError(check.message("perShard", rule, shardIds));
  }
  return shardIds.map((id, index) => check.text(`perShard[${index}]`, id));
}

/**
 * The account of an ARN. CloudWatch would otherwise answer with the stream of the same name in the
 * account of the credentials.
 */
function accountOf({ target }: StreamChoice): string | undefined {
  return "StreamARN" in target ? target.StreamARN.split(":")[4] : undefined;
}

function regionOf({ target }: StreamChoice): { region?: string } {
  return "StreamARN" in target
    ? { region: target.StreamARN.split(":")[3] }
    : {};
}
