/**
 * The common part of EnableEnhancedMonitoring and DisableEnhancedMonitoring: shard-level metrics.
 *
 * @module
 */
import type { Stream } from "../_state/stream.ts";
import type { Output } from "../_wire/codec.ts";
import { streamReference } from "../_wire/fields.ts";
import { list, required, text } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";

const METRICS = [
  "IncomingBytes",
  "IncomingRecords",
  "OutgoingBytes",
  "OutgoingRecords",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "IteratorAgeMilliseconds",
];

/** Makes an action that changes the set of metrics that are switched on. */
export function monitoringAction(
  apply: (metrics: Set<string>, names: readonly string[]) => void,
): Action {
  return action({
    ...streamReference,
    ShardLevelMetrics: required(
      list(text({ values: [...METRICS, "ALL"] }), { min: 1, max: 7 }),
    ),
  }, (input, { account }) => {
    const stream = account.stream(input);
    stream.requireActive();
    const before = [...stream.metrics];
    const names = input.ShardLevelMetrics;
    apply(stream.metrics, names.includes("ALL") ? METRICS : names);
    return describe(stream, before);
  });
}

function describe(stream: Stream, before: readonly string[]): Output {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardLevelMetrics: before,
    DesiredShardLevelMetrics: [...stream.metrics],
  };
}
