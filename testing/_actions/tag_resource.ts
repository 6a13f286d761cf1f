import { resourceArn, tags } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { addTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html */
export const tagResource: Action = action({
  ResourceARN: required(resourceArn),
  Tags: required(tags),
}, (input, { account }) => {
  addTags(account.resource(input.ResourceARN), input.Tags);
  return EMPTY_OUTPUT;
});
