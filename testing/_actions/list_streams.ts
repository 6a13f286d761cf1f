import { nextToken, resourceName } from "../_wire/fields.ts";
import { integer } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { readPageToken } from "./page_token.ts";

/** The largest page, in streams. Limit can only make it smaller. */
const PAGE = 100;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html */
export const listStreams: Action = action({
  Limit: integer({ min: 1, max: 10_000 }),
  ExclusiveStartStreamName: resourceName,
  NextToken: nextToken,
}, (input, { account, tokens }) => {
  const after = input.NextToken === undefined
    ? input.ExclusiveStartStreamName ?? ""
    : String(readPageToken(tokens, "streams", input.NextToken, account.now)[0]);
  const limit = Math.min(input.Limit ?? PAGE, PAGE);
  const streams = [...account.streams.values()]
    .filter(({ name }) => name > after)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const page = streams.slice(0, limit);
  const hasMore = streams.length > limit;
  return {
    StreamNames: page.map(({ name }) => name),
    HasMoreStreams: hasMore,
    NextToken: hasMore
      ? tokens.encode("streams", [account.now, page.at(-1)!.name])
      : undefined,
    StreamSummaries: page.map((stream) => ({
      StreamName: stream.name,
      StreamARN: stream.arn,
      StreamStatus: stream.status,
      StreamModeDetails: { StreamMode: stream.mode },
      StreamCreationTimestamp: new Date(stream.createdAt),
    })),
  };
});
