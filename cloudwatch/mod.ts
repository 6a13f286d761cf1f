/**
 * Reads the metrics that Kinesis itself writes to CloudWatch: how much is written and read, what is
 * throttled, and how far the readers are behind.
 *
 * {@linkcode streamMetrics} needs the permission `cloudwatch:GetMetricData`, and with `perShard`
 * also `kinesis:DescribeStreamSummary` and `kinesis:ListShards`.
 *
 * @example The lag of the slowest reader in the last hour
 * ```ts
 * import { streamMetrics } from "@webstreams/kinesis/cloudwatch";
 * import { KinesisClient } from "@webstreams/kinesis/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new KinesisClient({
 *   region: "eu-west-1",
 *   credentials: { accessKeyId: "id", secretAccessKey: "secret" },
 *   // Leave it out to reach AWS. Here, CloudWatch has one data point.
 *   fetch: () =>
 *     Promise.resolve(Response.json({
 *       MetricDataResults: [
 *         { Id: "m0", Timestamps: [1795686540], Values: [1500], StatusCode: "Complete" },
 *       ],
 *     })),
 * });
 * const [lag] = await streamMetrics(client, "orders", {
 *   metrics: ["GetRecords.IteratorAgeMilliseconds"],
 * });
 * assertEquals(lag?.statistic, "Maximum");
 * assertEquals(lag?.points, [{ time: new Date(1795686540_000), value: 1500 }]);
 * ```
 *
 * @module
 */
export { streamMetrics } from "./stream_metrics.ts";
export type { StreamMetricsOptions } from "./stream_metrics.ts";
export type {
  MetricPoint,
  MetricSeries,
  MetricStatistic,
  MetricUnit,
  StreamMetricName,
} from "./_names.ts";
export type { KinesisClient } from "../client/mod.ts";
