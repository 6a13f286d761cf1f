import { resourceArn } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { isObject, required, text } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html */
export const putResourcePolicy: Action = action({
  ResourceARN: required(resourceArn),
  Policy: required(text()),
}, (input, { account }) => {
  const resource = account.resource(input.ResourceARN);
  if (!isPolicy(input.Policy)) {
    throw invalidArgument("Policy is not a JSON object with a Statement.");
  }
  resource.policy = input.Policy;
  return EMPTY_OUTPUT;
});

function isPolicy(text: string): boolean {
  try {
    const policy: unknown = JSON.parse(text);
    return isObject(policy) && "Statement" in policy;
  } catch {
    return false;
  }
}
