import { streamArn } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { required, text } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/**
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html
 */
export const updateStreamRecordDistributionStrategy: Action = action({
  StreamARN: required(streamArn),
  RecordDistributionStrategy: required(
    text({ values: ["AUTO", "USER_PARTITION_KEY"] }),
  ),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  const isAuto = input.RecordDistributionStrategy === "AUTO";
  if (isAuto && stream.mode !== "ON_DEMAND") {
    throw invalidArgument(
      `RecordDistributionStrategy AUTO is only supported for data streams with the on-demand capacity mode: ${stream.label} is PROVISIONED.`,
    );
  }
  stream.isAutoDistributed = isAuto;
  return EMPTY_OUTPUT;
});
