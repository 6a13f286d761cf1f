/**
 * Are writers or readers throttled?
 *
 * @module
 */
import type { Check, Exam, Finding } from "./check.ts";
import { NotKnown } from "./errors.ts";
import { seriesOf, sumOf } from "./metrics.ts";
import { percentOf } from "./texts.ts";

/** Are writers throttled? */
export const writeThrottlesCheck: Check = {
  id: "throttles.write",
  needs: ["stream"],
  run({ found: { metrics, summary } }) {
    const series = seriesOf(metrics, "WriteProvisionedThroughputExceeded");
    if (!series) throw new NotKnown("Only CloudWatch knows it");
    return judgeWriteThrottles(
      sumOf(series),
      sumOf(seriesOf(metrics, "IncomingRecords")),
      summary?.StreamModeDetails?.StreamMode === "ON_DEMAND",
    );
  },
};

/** Judges the records of the last hour that were refused, beside those that were stored. */
function judgeWriteThrottles(
  refused: number,
  stored: number,
  isOnDemand: boolean,
): Finding {
  const data = { refused, stored };
  if (refused === 0) {
    return {
      status: "ok",
      message: "No record was refused in the last hour",
      data,
    };
  }
  const share = percentOf(refused / (refused + stored));
  return {
    status: "warning",
    message:
      `${refused} records were refused in the last hour, ${share} of all`,
    remedy: isOnDemand
      ? "Look for a hot partition key; a stream on demand grows to double its peak of 30 days, so raise its warm throughput before a larger one"
      : "See hot-shards: if the shards share the traffic, add some with reshard; if not, use keys that spread it, or split the hot shard",
    data,
  };
}

/** Are readers throttled? */
export const readThrottlesCheck: Check = {
  id: "throttles.read",
  needs: ["stream"],
  run: ({ found }) => judgeReadThrottles(readThrottlesOf(found)),
};

/** How often readers were refused, and where the number comes from. */
export interface ReadThrottles {
  readonly refused: number;
  readonly source: string;
}

function readThrottlesOf(
  { metrics, sample }: Exam["found"],
): ReadThrottles {
  const series = seriesOf(metrics, "ReadProvisionedThroughputExceeded");
  if (series) return { refused: sumOf(series), source: "in the last hour" };
  if (sample) return { refused: sample.throttles, source: "in the sample" };
  throw new NotKnown("CloudWatch is not available: --sample 10s measures it");
}

/** Judges how often readers were refused. */
function judgeReadThrottles(
  { refused, source }: ReadThrottles,
): Finding {
  const data = { refused };
  return refused === 0
    ? { status: "ok", message: `No read was refused ${source}`, data }
    : {
      status: "warning",
      message: `${refused} reads were refused ${source}`,
      remedy:
        "Readers share 5 reads and 2 MB a second of each shard: let them read less often, use fan-out, or add shards",
      data,
    };
}
