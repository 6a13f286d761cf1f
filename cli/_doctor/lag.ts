/**
 * How far are readers behind, and are records about to expire before they are read?
 *
 * @module
 */
import type { MetricPoint } from "../../cloudwatch/mod.ts";
import type { Check, Exam, Finding } from "./check.ts";
import { NotKnown, summaryOf } from "./errors.ts";
import { seriesOf } from "./metrics.ts";
import { percentOf, spanOf } from "./texts.ts";

/** Readers that are further behind are worth a warning. */
const LATE_MS = 5 * 60_000;
/** These shares of the retention period are a warning and an error. */
const RISKY = 0.5;
const LOSING = 0.8;
const HOUR_MS = 3_600_000;

/** How far readers are behind. */
export interface Lag {
  /** The slowest reader, in milliseconds, as it is now. */
  readonly nowMs: number;
  /** The same about an hour ago, or when reading began. Absent if it is not known. */
  readonly beforeMs?: number;
}

/** Tells how far readers are behind. `undefined` if it does not know. */
type LagSource = (
  exam: Exam,
  signal: AbortSignal,
) => Promise<Lag | undefined> | Lag | undefined;

/** The sources, best first. */
const SOURCES: readonly LagSource[] = [
  ({ found: { processingLagMs } }) =>
    processingLagMs === undefined ? undefined : { nowMs: processingLagMs },
  ({ found }) =>
    lagOf(
      seriesOf(found.metrics, "GetRecords.IteratorAgeMilliseconds")?.points ??
        [],
    ),
];

/** The lag of the last minute and of the first one. */
function lagOf(points: readonly MetricPoint[]): Lag | undefined {
  const [first, last] = [points[0], points.at(-1)];
  return first && last && { nowMs: last.value, beforeMs: first.value };
}

/** How far are readers behind? */
export const lagCheck: Check = {
  id: "lag",
  needs: ["stream"],
  async run(exam, signal) {
    for (const source of SOURCES) {
      const lag = await source(exam, signal);
      if (!lag) continue;
      exam.found.lagMs = lag.nowMs;
      return judgeLag(lag);
    }
    throw new NotKnown(
      exam.found.metrics
        ? "Nothing has read the stream with GetRecords in the last hour"
        : "CloudWatch is not available",
    );
  },
};

/** Judges how far readers are behind, and whether they catch up. */
function judgeLag({ nowMs, beforeMs }: Lag): Finding {
  const data = { milliseconds: nowMs, before: beforeMs };
  const trend = beforeMs === undefined
    ? ""
    : nowMs > beforeMs * 1.2
    ? " and falls behind further"
    : nowMs < beforeMs * 0.8
    ? " and catches up"
    : " and stays there";
  if (nowMs < LATE_MS) {
    const message = nowMs < 1_000
      ? "The slowest reader is not behind"
      : `The slowest reader is ${spanOf(nowMs)} behind`;
    return { status: "ok", message, data };
  }
  return {
    status: "warning",
    message: `The slowest reader is ${spanOf(nowMs)} behind${trend}`,
    remedy:
      "See throttles.read. If readers are not throttled, their work takes too long: process more values at a time, run more workers, up to one a shard, or add shards",
    data,
  };
}

/** Are records about to expire before they are read? */
export const retentionCheck: Check = {
  id: "retention",
  needs: ["stream"],
  run(exam) {
    const { RetentionPeriodHours } = summaryOf(exam);
    return judgeRetention(RetentionPeriodHours, exam.found.lagMs);
  },
};

/** Compares the retention period with how far readers are behind, if that is known. */
function judgeRetention(
  hours: number,
  lagMs: number | undefined,
): Finding {
  const kept = `Records are kept for ${spanOf(hours * HOUR_MS)}`;
  const data = { hours, lagMilliseconds: lagMs };
  if (lagMs === undefined) return { status: "ok", message: kept, data };
  const used = lagMs / (hours * HOUR_MS);
  const message = `${kept}; the slowest reader is at ${
    percentOf(used)
  } of that`;
  if (used < RISKY) return { status: "ok", message, data };
  const remedy =
    `Raise the retention period now (IncreaseStreamRetentionPeriod), then see lag: records are lost in ${
      spanOf(Math.max(0, hours * HOUR_MS - lagMs))
    } if the reader gets no further`;
  return used < LOSING
    ? { status: "warning", message, remedy, data }
    : { status: "error", message, remedy, data };
}
