import { MAX_TAGS } from "../_state/limits.ts";
import { streamReference } from "../_wire/fields.ts";
import { integer, text } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { describeTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html */
export const listTagsForStream: Action = action({
  ...streamReference,
  ExclusiveStartTagKey: text({ min: 1, max: 128 }),
  Limit: integer({ min: 1, max: MAX_TAGS }),
}, (input, { account }) => {
  const after = input.ExclusiveStartTagKey ?? "";
  const { Limit: limit = MAX_TAGS } = input;
  const tags = describeTags(account.stream(input))
    .filter(({ Key: key }) => key > after);
  return { Tags: tags.slice(0, limit), HasMoreTags: tags.length > limit };
});
