/**
 * Does the stream exist, and can it be used?
 *
 * @module
 */
import { hasCode, NOT_FOUND } from "../../_aws/service_error.ts";
import type { StreamDescriptionSummary } from "../../client/mod.ts";
import { nearest } from "../_nearest.ts";
import { streamTargetOf } from "../_stream_target.ts";
import { counted } from "../_values.ts";
import type { Check, Exam, Finding } from "./check.ts";
import { findingOfError, isDenied, summaryOf } from "./errors.ts";
import { listOf } from "./texts.ts";

/** The most names that are read to find one that is meant. */
const MOST_NAMES = 1_000;

/** Does the stream exist, and is it ACTIVE? */
export const streamCheck: Check = {
  id: "stream",
  needs: ["signature"],
  async run(exam, signal) {
    const { client, found } = exam;
    const stream = exam.stream!;
    try {
      const answer = await client.describeStreamSummary(
        streamTargetOf(stream),
        { signal },
      );
      found.summary = answer.StreamDescriptionSummary;
    } catch (error) {
      if (isDenied(error)) return denied(error, exam);
      if (!hasCode(error, NOT_FOUND)) throw error;
      const { region } = found.settings!;
      return judgeMissing(stream, region, await namesOf(exam, signal));
    }
    return judgeStream(found.summary);
  },
};

/** Reading and writing may be allowed without describing, so the rest can be checked. */
function denied(error: unknown, exam: Exam): Finding {
  return { ...findingOfError(error, exam), status: "warning" };
}

/** Says which stream may be meant. `names` are those of the region, if they may be listed. */
function judgeMissing(
  stream: string,
  region: string,
  names: readonly string[] | undefined,
): Finding {
  const message = `There is no stream ${stream} in ${region}`;
  const name = stream.slice(stream.lastIndexOf("/") + 1);
  const similar = nearest(name, names ?? []);
  const remedy = similar.length > 0
    ? `Is it ${listOf(similar)}? If not, check --region and the account`
    : names?.length === 0
    ? "The region has no streams: check --region and the account, or make it with create"
    : "Check the name, --region and the account: list shows all streams";
  return { status: "error", message, remedy, data: { region, similar } };
}

async function namesOf(
  { client }: Exam,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const names: string[] = [];
  try {
    for await (const { StreamName } of client.listAllStreams({}, { signal })) {
      if (names.push(StreamName) === MOST_NAMES) break;
    }
  } catch {
    if (signal.aborted) throw signal.reason;
    return undefined;
  }
  return names;
}

/** Judges the status. */
function judgeStream(summary: StreamDescriptionSummary): Finding {
  const { StreamName, StreamStatus, OpenShardCount, StreamARN } = summary;
  const isOnDemand = summary.StreamModeDetails?.StreamMode === "ON_DEMAND";
  const mode = isOnDemand ? "ON_DEMAND" : "PROVISIONED";
  const data = { arn: StreamARN, status: StreamStatus, mode };
  const kind = isOnDemand ? "on demand" : "provisioned";
  const message = `${StreamName} is ${StreamStatus}, ${kind}, with ${
    counted(OpenShardCount, "open shard")
  }`;
  switch (StreamStatus) {
    case "DELETING":
      return {
        status: "error",
        message,
        remedy: "Stop its programs: its records are lost",
        data,
      };
    case "CREATING":
      return {
        status: "warning",
        message,
        remedy: "Wait up to a minute: it takes no records yet",
        data,
      };
    default:
      return { status: "ok", message, data };
  }
}

/** What chooses the shard of a record? */
export const distributionCheck: Check = {
  id: "stream.distribution",
  needs: ["stream"],
  run: (exam) => judgeDistribution(summaryOf(exam).RecordDistributionStrategy),
};

/** Judges the distribution of records. `AUTO` breaks programs that rely on keys. */
function judgeDistribution(
  strategy: StreamDescriptionSummary["RecordDistributionStrategy"],
): Finding {
  const data = { strategy };
  if (strategy === "AUTO") {
    return {
      status: "ok",
      message:
        "AUTO: Kinesis ignores partition keys, so records of a key have no order, and the KCL drops values of aggregated records",
      remedy:
        "If programs need the order of keys or use KPL aggregation with a KCL, change it to USER_PARTITION_KEY",
      data,
    };
  }
  return { status: "ok", message: "Partition keys choose the shards", data };
}
