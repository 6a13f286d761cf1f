import { nextToken, streamArn } from "../_wire/fields.ts";
import { invalidArgument, notFound } from "../_wire/service_error.ts";
import { integer, required, timestamp } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { readPageToken } from "./page_token.ts";

/** The largest page, in consumers. MaxResults can only make it smaller. */
const PAGE = 100;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html */
export const listStreamConsumers: Action = action({
  StreamARN: required(streamArn),
  NextToken: nextToken,
  MaxResults: integer({ min: 1, max: 10_000 }),
  StreamCreationTimestamp: timestamp,
}, (input, { account, tokens }) => {
  const { now } = account;
  const stream = account.stream(input);
  const createdAt = input.StreamCreationTimestamp;
  const created = Math.floor(stream.createdAt / 1_000);
  if (createdAt !== undefined && Math.floor(createdAt / 1_000) !== created) {
    throw notFound(stream.notFoundMessage());
  }
  let after = "";
  if (input.NextToken !== undefined) {
    if (createdAt !== undefined) {
      throw invalidArgument(
        "NextToken and StreamCreationTimestamp cannot be provided together.",
      );
    }
    const [arn, start] = readPageToken(
      tokens,
      "consumers",
      input.NextToken,
      now,
    );
    if (arn !== stream.arn) throw invalidArgument("NextToken is invalid.");
    after = String(start);
  }
  const limit = Math.min(input.MaxResults ?? PAGE, PAGE);
  const consumers = [...stream.consumers.values()]
    .filter(({ name }) => name > after)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const page = consumers.slice(0, limit);
  return {
    Consumers: page.map((consumer) => consumer.describe()),
    NextToken: consumers.length > limit
      ? tokens.encode("consumers", [now, stream.arn, page.at(-1)!.name])
      : undefined,
  };
});
