import { streamArn, streamMode } from "../_wire/fields.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { integer, required, structure } from "../_wire/shape.ts";
import { type Action, action, NOTHING } from "./action.ts";
import { change } from "./change.ts";
import { requireOnDemand } from "./create_stream.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html */
export const updateStreamMode: Action = action({
  StreamARN: required(streamArn),
  StreamModeDetails: required(
    structure({ StreamMode: required(streamMode) }),
  ),
  WarmThroughputMiBps: integer({ min: 0 }),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  const mode = input.StreamModeDetails.StreamMode;
  const { WarmThroughputMiBps: warm } = input;
  if (mode === "PROVISIONED" && warm !== undefined) {
    throw invalidArgument("WarmThroughputMiBps needs the mode ON_DEMAND.");
  }
  if (mode === "ON_DEMAND" && stream.mode !== mode) requireOnDemand(account);
  change(account, stream, () => {
    stream.mode = mode;
    stream.warmMiBps = warm;
    // The shards stay as they are; an on-demand stream of the service would scale from there.
    if (mode === "PROVISIONED") stream.distributes = false;
  });
  return NOTHING;
});
