import { resourceArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { removeTags, tagKeys } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UntagResource.html */
export const untagResource: Action = action({
  ResourceARN: required(resourceArn),
  TagKeys: required(tagKeys),
}, (input, { account }) => {
  removeTags(account.resource(input.ResourceARN), input.TagKeys);
  return EMPTY_OUTPUT;
});
