import { resourceArn } from "../_wire/fields.ts";
import { notFound } from "../_wire/service_error.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetResourcePolicy.html */
export const getResourcePolicy: Action = action(
  { ResourceARN: required(resourceArn) },
  (input, { account }) => {
    const { policy } = account.resource(input.ResourceARN);
    if (policy === undefined) {
      throw notFound(`No resource policy is attached to ${input.ResourceARN}.`);
    }
    return { Policy: policy };
  },
);
