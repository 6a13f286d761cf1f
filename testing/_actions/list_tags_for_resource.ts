import { resourceArn } from "../_wire/fields.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { describeTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForResource.html */
export const listTagsForResource: Action = action(
  { ResourceARN: required(resourceArn) },
  (input, { account }) => ({
    Tags: describeTags(account.resource(input.ResourceARN)),
  }),
);
