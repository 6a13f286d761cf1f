import { invalidArgument, validation } from "../_wire/service_error.ts";
import { hashKey, sequenceNumber, streamReference } from "../_wire/fields.ts";
import { blob, flag, required, text } from "../_wire/shape.ts";
import { type Action, action, endDryRun } from "./action.ts";
import { readRecord, requireSize, shardOf } from "./put_target.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */
export const putRecord: Action = action({
  ...streamReference,
  Data: required(blob),
  PartitionKey: text(),
  ExplicitHashKey: hashKey,
  SequenceNumberForOrdering: sequenceNumber,
  DryRun: flag,
}, (input, { account }) => {
  const problems: string[] = [];
  const record = readRecord(
    {
      data: input.Data,
      key: input.PartitionKey,
      explicitHashKey: input.ExplicitHashKey,
    },
    "",
    problems,
  );
  if (problems.length) {
    throw validation(`1 validation error detected: ${problems[0]}`);
  }
  const { limits, random } = account.options;
  const stream = account.stream(input);
  stream.requireReady();
  requireSize(stream, record);
  if (
    stream.isAutoDistributed && input.SequenceNumberForOrdering !== undefined
  ) {
    throw invalidArgument(
      `SequenceNumberForOrdering must not be given, as ${stream.label} distributes records by itself.`,
    );
  }
  const target = shardOf(stream, record, random);
  endDryRun(input);
  const { shard, number } = stream.write(
    target,
    record,
    account.now,
    limits.write,
  );
  shard.notify();
  return {
    ShardId: shard.id,
    SequenceNumber: number,
    EncryptionType: stream.encryptionType,
  };
});
