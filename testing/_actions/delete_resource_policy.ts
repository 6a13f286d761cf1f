import { resourceArn } from "../_wire/fields.ts";
import { notFound } from "../_wire/service_error.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteResourcePolicy.html */
export const deleteResourcePolicy: Action = action(
  { ResourceARN: required(resourceArn) },
  (input, { account }) => {
    const resource = account.resource(input.ResourceARN);
    if (resource.policy === undefined) {
      throw notFound(`No resource policy is attached to ${input.ResourceARN}.`);
    }
    resource.policy = undefined;
    return EMPTY_OUTPUT;
  },
);
