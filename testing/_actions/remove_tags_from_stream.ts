import { streamReference } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { removeTags, tagKeys } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RemoveTagsFromStream.html */
export const removeTagsFromStream: Action = action({
  ...streamReference,
  TagKeys: required(tagKeys),
}, (input, { account }) => {
  removeTags(account.stream(input), input.TagKeys);
  return EMPTY_OUTPUT;
});
