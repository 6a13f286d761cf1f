/**
 * Reads series of points with GetMetricData, whatever their number.
 *
 * @see {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html}
 * @module
 */
import type { Transport } from "../_service/transport.ts";
import { ResponseError } from "../errors.ts";
import {
  factsOf,
  type MetricPoint,
  type MetricSeries,
  type MetricStatistic,
  type StreamMetricName,
} from "./_names.ts";

/** The most queries in one request. */
const MAX_QUERIES = 500;

/** A series to read. */
export interface SeriesQuery {
  /** The metric of the stream. */
  readonly metric: StreamMetricName;
  /** The shard. Absent for the whole stream. */
  readonly shardId?: string;
  /** The statistic. */
  readonly statistic: MetricStatistic;
}

/** What all series have in common. */
export interface ReadSpan {
  /** The name of the stream. */
  readonly streamName: string;
  /** The beginning, in milliseconds since the epoch. */
  readonly from: number;
  /** The end, exclusive, in milliseconds since the epoch. */
  readonly to: number;
  /** The length of a period, in seconds. */
  readonly period: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** An answer of GetMetricData. */
interface Answer {
  readonly MetricDataResults?: readonly {
    readonly Id?: string;
    readonly Timestamps?: readonly number[];
    readonly Values?: readonly number[];
  }[];
  readonly NextToken?: string;
}

/** Reads series, in the order of the queries. A series without samples has no points. */
export async function readSeries(
  transport: Transport,
  queries: readonly SeriesQuery[],
  span: ReadSpan,
): Promise<MetricSeries[]> {
  const all: MetricSeries[] = [];
  for (let at = 0; at < queries.length; at += MAX_QUERIES) {
    const some = queries.slice(at, at + MAX_QUERIES);
    const points = await readPoints(transport, some, span);
    all.push(...some.map((query, index) => ({
      ...query,
      unit: factsOf(query.metric).unit,
      points: points[index]!.sort((a, b) =>
        a.time.getTime() - b.time.getTime()
      ),
    })));
  }
  return all;
}

async function readPoints(
  transport: Transport,
  queries: readonly SeriesQuery[],
  span: ReadSpan,
): Promise<MetricPoint[][]> {
  const points: MetricPoint[][] = queries.map(() => []);
  const request = {
    StartTime: span.from / 1000,
    EndTime: span.to / 1000,
    ScanBy: "TimestampAscending",
    MetricDataQueries: queries.map((query, index) => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: metricOf(query, span.streamName),
        Period: span.period,
        Stat: query.statistic,
      },
    })),
  };
  let token: string | undefined;
  do {
    const { MetricDataResults = [], NextToken }: Answer = await transport.call(
      "GetMetricData",
      { ...request, ...(token !== undefined && { NextToken: token }) },
      { signal: span.signal },
    );
    for (const { Id = "", Timestamps = [], Values = [] } of MetricDataResults) {
      const series = points[Number(Id.slice(1))];
      if (!series || Timestamps.length !== Values.length) {
        throw unusable(
          span.streamName,
          `the series "${Id}" was not asked for, or lacks values`,
        );
      }
      Timestamps.forEach((seconds, index) =>
        series.push({ time: new Date(seconds * 1000), value: Values[index]! })
      );
    }
    if (NextToken && NextToken === token) {
      throw unusable(span.streamName, "two pages end with the same token");
    }
    token = NextToken || undefined;
  } while (token !== undefined);
  return points;
}

function metricOf(
  { metric, shardId }: SeriesQuery,
  streamName: string,
): object {
  const stream = { Name: "StreamName", Value: streamName };
  return {
    Namespace: "AWS/Kinesis",
    MetricName: shardId === undefined ? metric : factsOf(metric).ofShard,
    Dimensions: shardId === undefined
      ? [stream]
      : [stream, { Name: "ShardId", Value: shardId }],
  };
}

function unusable(streamName: string, reason: string): ResponseError {
  return new ResponseError(
    `Cannot read the metrics of "${streamName}" as CloudWatch sent an answer that is not one: ${reason}`,
    { status: 200 },
  );
}
