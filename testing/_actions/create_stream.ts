import {
  MAX_RECORD_KIB,
  ON_DEMAND_SHARDS,
  ON_DEMAND_STREAM_LIMIT,
} from "../_state/limits.ts";
import type { Account } from "../_state/account.ts";
import { Stream, type StreamMode } from "../_state/stream.ts";
import { resourceName, streamMode, tags } from "../_wire/fields.ts";
import {
  inUse,
  invalidArgument,
  limitExceeded,
} from "../_wire/service_error.ts";
import { integer, required, structure, text } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html */
export const createStream: Action = action({
  StreamName: required(resourceName),
  ShardCount: integer({ min: 1 }),
  StreamModeDetails: structure({ StreamMode: required(streamMode) }),
  Tags: tags,
  WarmThroughputMiBps: integer({ min: 0 }),
  MaxRecordSizeInKiB: integer({ min: 1_024, max: MAX_RECORD_KIB }),
  RecordDistributionStrategy: text({ values: ["AUTO", "USER_PARTITION_KEY"] }),
}, (input, { account }) => {
  const mode = input.StreamModeDetails?.StreamMode ?? "PROVISIONED";
  const isAuto = input.RecordDistributionStrategy === "AUTO";
  if (mode === "ON_DEMAND") {
    if (input.ShardCount !== undefined) {
      throw invalidArgument(
        "ShardCount must not be given for a stream in ON_DEMAND mode.",
      );
    }
  } else if (input.ShardCount === undefined) {
    throw invalidArgument(
      "ShardCount must be given for a stream in PROVISIONED mode.",
    );
  } else if (isAuto || input.WarmThroughputMiBps !== undefined) {
    throw invalidArgument(
      "RecordDistributionStrategy AUTO and WarmThroughputMiBps need a stream in ON_DEMAND mode.",
    );
  }
  const stream = addStream(account, {
    name: input.StreamName,
    shards: input.ShardCount ?? ON_DEMAND_SHARDS,
    mode,
  });
  for (const [key, value] of input.Tags ?? []) stream.tags.set(key, value);
  stream.maxRecordKiB = input.MaxRecordSizeInKiB ?? stream.maxRecordKiB;
  stream.warmMiBps = input.WarmThroughputMiBps;
  stream.isAutoDistributed = isAuto;
  account.schedule(() => stream.status = "ACTIVE");
  return EMPTY_OUTPUT;
});

/**
 * Adds a stream in state CREATING. Throws if the name is taken or a limit of the account is
 * reached.
 */
export function addStream(
  account: Account,
  { name, shards, mode }: { name: string; shards: number; mode: StreamMode },
): Stream {
  if (account.streams.has(name)) {
    throw inUse(
      `Stream ${name} under account ${account.options.accountId} already exists.`,
    );
  }
  if (mode === "PROVISIONED") account.requireShards(shards);
  else requireOnDemand(account);
  const stream = new Stream({
    name,
    arn: account.streamArn(name),
    accountId: account.options.accountId,
    createdAt: account.now,
    shards,
    mode,
  });
  account.streams.set(name, stream);
  return stream;
}

/** Throws if the account already has the maximum number of on-demand streams. */
export function requireOnDemand(account: Account): void {
  let count = 0;
  for (const { mode } of account.streams.values()) {
    if (mode === "ON_DEMAND") count++;
  }
  if (count >= ON_DEMAND_STREAM_LIMIT) {
    throw limitExceeded(
      `This request would exceed the limit of ${ON_DEMAND_STREAM_LIMIT} on-demand streams of account ${account.options.accountId}.`,
    );
  }
}
