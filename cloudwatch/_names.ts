/**
 * The metrics of Kinesis in CloudWatch, and the statistic that answers the usual question of each.
 *
 * @see {@link https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html}
 * @module
 */

/** How the samples of a period become one number. */
export type MetricStatistic =
  | "Average"
  | "Maximum"
  | "Minimum"
  | "SampleCount"
  | "Sum";

/** One number for each period. */
export interface MetricPoint {
  /** The beginning of the period. */
  readonly time: Date;
  /** The statistic of the samples in the period, in {@linkcode MetricSeries.unit}. */
  readonly value: number;
}

/** The points of one metric. */
export interface MetricSeries {
  /** The metric, by its name in CloudWatch. */
  readonly metric: StreamMetricName;
  /** The shard. Absent for the whole stream. */
  readonly shardId?: string;
  /** The statistic. */
  readonly statistic: MetricStatistic;
  /** The unit of the values. `ratio` is a number from 0 to 1. */
  readonly unit: MetricUnit;
  /** The points, oldest first. CloudWatch has none for a period without samples. */
  readonly points: readonly MetricPoint[];
}

/** The unit of a metric. */
export type MetricUnit = "bytes" | "milliseconds" | "ratio" | "records";

/** What is known of a metric. */
interface MetricFacts {
  readonly unit: MetricUnit;
  readonly statistic: MetricStatistic;
  /** The name of the same metric for one shard, which must be enabled. */
  readonly ofShard?: string;
}

const RECORDS = { unit: "records", statistic: "Sum" } as const;
const BYTES = { unit: "bytes", statistic: "Sum" } as const;
const TIME = { unit: "milliseconds", statistic: "Average" } as const;
const LAG = { unit: "milliseconds", statistic: "Maximum" } as const;
const SUCCESS = { unit: "ratio", statistic: "Average" } as const;

/** All metrics of a stream that can be read. */
export const METRICS = {
  IncomingRecords: { ...RECORDS, ofShard: "IncomingRecords" },
  IncomingBytes: { ...BYTES, ofShard: "IncomingBytes" },
  WriteProvisionedThroughputExceeded: {
    ...RECORDS,
    ofShard: "WriteProvisionedThroughputExceeded",
  },
  ReadProvisionedThroughputExceeded: {
    ...RECORDS,
    ofShard: "ReadProvisionedThroughputExceeded",
  },
  "GetRecords.IteratorAgeMilliseconds": {
    ...LAG,
    ofShard: "IteratorAgeMilliseconds",
  },
  "GetRecords.Records": { ...RECORDS, ofShard: "OutgoingRecords" },
  "GetRecords.Bytes": { ...BYTES, ofShard: "OutgoingBytes" },
  "GetRecords.Latency": TIME,
  "GetRecords.Success": SUCCESS,
  "PutRecord.Bytes": BYTES,
  "PutRecord.Latency": TIME,
  "PutRecord.Success": SUCCESS,
  "PutRecords.Bytes": BYTES,
  "PutRecords.Latency": TIME,
  "PutRecords.Success": SUCCESS,
  "PutRecords.TotalRecords": RECORDS,
  "PutRecords.SuccessfulRecords": RECORDS,
  "PutRecords.FailedRecords": RECORDS,
  "PutRecords.ThrottledRecords": RECORDS,
} as const satisfies Record<string, MetricFacts>;

/** A metric of a stream, by its name in CloudWatch. */
export type StreamMetricName =
  | "GetRecords.Bytes"
  | "GetRecords.IteratorAgeMilliseconds"
  | "GetRecords.Latency"
  | "GetRecords.Records"
  | "GetRecords.Success"
  | "IncomingBytes"
  | "IncomingRecords"
  | "PutRecord.Bytes"
  | "PutRecord.Latency"
  | "PutRecord.Success"
  | "PutRecords.Bytes"
  | "PutRecords.FailedRecords"
  | "PutRecords.Latency"
  | "PutRecords.Success"
  | "PutRecords.SuccessfulRecords"
  | "PutRecords.ThrottledRecords"
  | "PutRecords.TotalRecords"
  | "ReadProvisionedThroughputExceeded"
  | "WriteProvisionedThroughputExceeded";

/** The metrics that are read by default. */
export const USUAL: readonly StreamMetricName[] = [
  "IncomingRecords",
  "IncomingBytes",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "GetRecords.IteratorAgeMilliseconds",
  "GetRecords.Success",
];

/** What is known of a metric. */
export function factsOf(metric: StreamMetricName): MetricFacts {
  return METRICS[metric];
}
