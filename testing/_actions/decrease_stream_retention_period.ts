import { streamReference } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { integer, required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { requireRange } from "./increase_stream_retention_period.ts";

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html
 */
export const decreaseStreamRetentionPeriod: Action = action({
  ...streamReference,
  RetentionPeriodHours: required(integer()),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  const { RetentionPeriodHours: hours } = input;
  requireRange(hours);
  if (hours > stream.retentionHours) {
    throw invalidArgument(
      `Requested retention period (${hours} hours) for ${stream.label} can not be longer than existing retention period (${stream.retentionHours} hours). Use IncreaseRetentionPeriod API.`,
    );
  }
  stream.retentionHours = hours;
  stream.trim(account.now);
  return EMPTY_OUTPUT;
});
