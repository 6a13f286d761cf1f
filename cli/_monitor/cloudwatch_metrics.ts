/**
 * What CloudWatch says of the stream: throttles, reading and the age of the slowest reader.
 *
 * @module
 */
import { type StreamMetricName, streamMetrics } from "../../cloudwatch/mod.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { Totals } from "./snapshot.ts";

/** CloudWatch has a point for each minute. */
export const CLOUDWATCH_MS = 60_000;
const MINUTE_S = 60;
/** Points appear up to a few minutes late. An older one is no news. */
const RECENT_MS = 10 * 60_000;

const METRICS = [
  "IncomingRecords",
  "IncomingBytes",
  "GetRecords.Records",
  "GetRecords.Bytes",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "GetRecords.IteratorAgeMilliseconds",
] as const satisfies readonly StreamMetricName[];

/** Reads the last minute of the metrics. */
export class CloudWatchMetrics {
  readonly #client: KinesisClient;
  readonly #stream: string;
  #totals: Totals = {};

  constructor(client: KinesisClient, stream: string) {
    this.#client = client;
    this.#stream = stream;
  }

  /** The numbers of the last minute that CloudWatch knows. */
  get totals(): Totals {
    return this.#totals;
  }

  /** Reads once. */
  async read(now: number, signal: AbortSignal): Promise<void> {
    this.#totals = {};
    const series = await streamMetrics(this.#client, this.#stream, {
      metrics: METRICS,
      from: new Date(now - RECENT_MS),
      signal,
    });
    const last = (name: typeof METRICS[number]) =>
      series.find(({ metric }) => metric === name)?.points.at(-1)?.value;
    const rate = (name: typeof METRICS[number]) => {
      const sum = last(name);
      return sum === undefined ? undefined : sum / MINUTE_S;
    };
    this.#totals = {
      recordsPerSecond: rate("IncomingRecords"),
      bytesPerSecond: rate("IncomingBytes"),
      readRecordsPerSecond: rate("GetRecords.Records"),
      readBytesPerSecond: rate("GetRecords.Bytes"),
      writeThrottlesPerSecond: rate("WriteProvisionedThroughputExceeded"),
      readThrottlesPerSecond: rate("ReadProvisionedThroughputExceeded"),
      lagMs: last("GetRecords.IteratorAgeMilliseconds"),
    };
  }
}
