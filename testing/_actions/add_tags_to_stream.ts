import { streamReference, tags } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { addTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html */
export const addTagsToStream: Action = action({
  ...streamReference,
  Tags: required(tags),
}, (input, { account }) => {
  addTags(account.stream(input), input.Tags);
  return EMPTY_OUTPUT;
});
