/**
 * Reads series of points with GetMetricData, whatever their number.
 *
 * @see {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html}
 * @module
 */
import type { Transport } from "../_service/transport.ts";
import { KinesisError, ResponseError } from "../errors.ts";
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
  /** The account of the stream. Absent for that of the credentials. */
  readonly accountId?: string;
  /** The beginning, in milliseconds since the epoch. */
  readonly from: number;
  /** The end, exclusive, in milliseconds since the epoch. */
  readonly to: number;
  /** The length of a period, in seconds. */
  readonly period: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** A series in an answer of GetMetricData. */
interface Result {
  readonly Id?: string;
  readonly Timestamps?: readonly number[];
  readonly Values?: readonly number[];
  /** `PartialData` on every page but the last. */
  readonly StatusCode?: string;
  readonly Messages?: readonly Message[] | null;
}

/** Why a series has no or not all points. */
interface Message {
  readonly Code?: string;
  readonly Value?: string;
}

/** An answer of GetMetricData. */
interface Answer {
  readonly MetricDataResults?: readonly Result[] | null;
  readonly Messages?: readonly Message[] | null;
  readonly NextToken?: string | null;
}

/** One series as the pages so far have told it. */
interface Reading {
  readonly points: MetricPoint[];
  /** The last status. Absent before the first page that has the series. */
  status?: string;
  messages: readonly Message[];
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
  const { streamName } = span;
  const readings = queries.map((): Reading => ({ points: [], messages: [] }));
  const request = {
    StartTime: span.from / 1000,
    EndTime: span.to / 1000,
    ScanBy: "TimestampAscending",
    MetricDataQueries: queries.map((query, index) => ({
      Id: `m${index}`,
      ...(span.accountId !== undefined && { AccountId: span.accountId }),
      MetricStat: {
        Metric: metricOf(query, streamName),
        Period: span.period,
        Stat: query.statistic,
      },
    })),
  };
  const tokens = new Set<string>();
  let token: string | undefined;
  let told: readonly Message[] = [];
  do {
    const answer: Answer = await transport.call(
      "GetMetricData",
      { ...request, ...(token !== undefined && { NextToken: token }) },
      { signal: span.signal },
    );
    told = answer.Messages ?? told;
    for (const result of resultsOf(answer, streamName)) {
      note(result, readings, streamName);
    }
    token = answer.NextToken || undefined;
    if (token !== undefined && tokens.has(token)) {
      throw unusable(streamName, "two pages end with the same token");
    }
    if (token !== undefined) tokens.add(token);
  } while (token !== undefined);
  readings.forEach((reading, index) =>
    requireAll(reading, queries[index]!, streamName, told)
  );
  return readings.map(({ points }) => points);
}

function resultsOf(
  { MetricDataResults: results = [] }: Answer,
  streamName: string,
): readonly Result[] {
  if (results === null) return [];
  if (Array.isArray(results)) return results;
  throw unusable(streamName, "'MetricDataResults' is not a list");
}

/** Adds what a page tells of a series. */
function note(
  result: Result,
  readings: readonly Reading[],
  streamName: string,
): void {
  const { Id, Timestamps, Values, StatusCode, Messages } = result ?? {};
  const index = /^m\d+$/.test(`${Id}`) ? Number(Id!.slice(1)) : NaN;
  const reading = readings[index];
  if (!reading) {
    throw unusable(streamName, `the series "${Id}" was not asked for`);
  }
  const [times, values] = [Timestamps ?? [], Values ?? []];
  if (
    !Array.isArray(times) || !Array.isArray(values) ||
    times.length !== values.length ||
    ![...times, ...values].every((it) => Number.isFinite(it))
  ) {
    throw unusable(
      streamName,
      `the series "${Id}" has not one number for each time`,
    );
  }
  times.forEach((seconds, at) =>
    reading.points.push({ time: new Date(seconds * 1000), value: values[at]! })
  );
  // Not every emulator sends a status.
  reading.status = StatusCode ?? "Complete";
  if (Messages?.length) reading.messages = Messages;
}

/** Refuses a series that is not complete: no points would look like no records. */
function requireAll(
  { status, messages }: Reading,
  { metric, shardId }: SeriesQuery,
  streamName: string,
  told: readonly Message[],
): void {
  if (status === "Complete") return;
  const all = [...messages, ...told].map(({ Code, Value }) =>
    `${Code ?? ""}: ${Value ?? ""}`
  );
  const of = shardId === undefined ? "" : ` of ${shardId}`;
  const why = status === undefined
    ? "is missing in the answer"
    : `is ${status}`;
  throw new KinesisError(
    `Cannot read the metrics of "${streamName}" as ${metric}${of} ${why}` +
      (all.length > 0 ? ` (${all.join("; ")})` : "") + hintFor(status),
    { code: "MetricsIncomplete", retryable: status !== "Forbidden" },
  );
}

function hintFor(status: string | undefined): string {
  return status === "Forbidden"
    ? ". Allow cloudwatch:GetMetricData, and for the stream of another account link that account " +
      "to this one in CloudWatch (cross-account observability)"
    : ". Read them again later";
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
