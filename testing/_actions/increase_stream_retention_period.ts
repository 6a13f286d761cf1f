import { MAX_RETENTION_HOURS, MIN_RETENTION_HOURS } from "../_state/limits.ts";
import { streamReference } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { integer, required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
 */
export const increaseStreamRetentionPeriod: Action = action({
  ...streamReference,
  RetentionPeriodHours: required(integer()),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  const { RetentionPeriodHours: hours } = input;
  requireRange(hours);
  if (hours < stream.retentionHours) {
    throw invalidArgument(
      `Requested retention period (${hours} hours) for ${stream.label} can not be shorter than existing retention period (${stream.retentionHours} hours). Use DecreaseRetentionPeriod API.`,
    );
  }
  stream.retentionHours = hours;
  return EMPTY_OUTPUT;
});

/** Throws if the retention period is outside the range of the service: 24 to 8 760 hours. */
export function requireRange(hours: number): void {
  if (hours < MIN_RETENTION_HOURS) {
    throw invalidArgument(
      `Minimum allowed retention period is ${MIN_RETENTION_HOURS} hours. Requested retention period (${hours} hours) is too short.`,
    );
  }
  if (hours > MAX_RETENTION_HOURS) {
    throw invalidArgument(
      `Maximum allowed retention period is ${MAX_RETENTION_HOURS} hours. Requested retention period (${hours} hours) is too long.`,
    );
  }
}
