import { MAX_READ_BYTES, MAX_READ_RECORDS } from "../../_aws/limits.ts";
import type { ChildShardDescription } from "../_state/shard.ts";
import type { LargeOutput } from "../_wire/codec.ts";
import { streamArn } from "../_wire/fields.ts";
import { invalidArgument, throughputExceeded } from "../_wire/service_error.ts";
import { flag, integer, required, text } from "../_wire/shape.ts";
import { type Action, action, endDryRun } from "./action.ts";
import { RecordPage } from "./record_page.ts";
import { createIterator, readIterator } from "./shard_iterator.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html */
export const getRecords: Action = action({
  ShardIterator: required(text({ min: 1, max: 1_024 })),
  Limit: integer({ min: 1, max: MAX_READ_RECORDS }),
  StreamARN: streamArn,
  DryRun: flag,
}, (input, { account, tokens }) => {
  const { stream, shard, offset } = readIterator(
    tokens,
    account,
    input.ShardIterator,
  );
  if (input.StreamARN !== undefined && input.StreamARN !== stream.arn) {
    throw invalidArgument(
      `StreamARN ${input.StreamARN} is not the stream of the ShardIterator.`,
    );
  }
  endDryRun(input);
  const { now } = account;
  const isLimited = account.options.limits.read;
  if (isLimited) {
    if (!shard.readCalls.has(1, now) || !shard.readBytes.isClear(now)) {
      throw throughputExceeded(stream.rateMessage(shard));
    }
    shard.readCalls.take(1);
  }
  const page = new RecordPage(shard, offset, {
    records: input.Limit ?? MAX_READ_RECORDS,
    bytes: MAX_READ_BYTES,
  });
  if (isLimited) shard.readBytes.add(page.bytes, now);
  return new GetRecordsOutput(page, {
    MillisBehindLatest: page.millisBehindLatest(now),
    NextShardIterator: page.isAtEnd
      ? undefined
      : createIterator(tokens, stream, shard, page.endOffset, now),
    ChildShards: page.isAtEnd ? shard.describeChildren() : undefined,
  });
});

/** The members of a GetRecords answer other than its records. */
interface PageEnd {
  readonly NextShardIterator: string | undefined;
  readonly MillisBehindLatest: number;
  readonly ChildShards: ChildShardDescription[] | undefined;
}

/** The answer of GetRecords. Writes its JSON without an object for each record. */
class GetRecordsOutput implements LargeOutput {
  readonly #page: RecordPage;
  readonly #end: PageEnd;

  constructor(page: RecordPage, end: PageEnd) {
    this.#page = page;
    this.#end = end;
  }

  get records(): number {
    return this.#page.length;
  }

  json(): string {
    return `{"Records":${this.#page.json()},${
      JSON.stringify(this.#end).slice(1)
    }`;
  }

  value(): Record<string, unknown> {
    return { Records: this.#page.value(), ...this.#end };
  }
}
