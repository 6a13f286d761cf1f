import { streamArn, streamMode } from "../_wire/fields.ts";
import { inUse, invalidArgument } from "../_wire/service_error.ts";
import { integer, required, structure } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { scheduleUpdate } from "./schedule_update.ts";
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
  const queues = account.queuesOf(stream).length;
  if (mode === "PROVISIONED" && queues > 0) {
    throw inUse(
      `${stream.label} has ${queues} queues: delete them before the change to PROVISIONED.`,
    );
  }
  if (mode === "ON_DEMAND" && stream.mode !== mode) requireOnDemand(account);
  scheduleUpdate(account, stream, () => {
    stream.mode = mode;
    stream.warmMiBps = warm;
    // The number of shards does not change here. The service would scale an on-demand stream later.
    if (mode === "PROVISIONED") stream.isAutoDistributed = false;
  });
  return EMPTY_OUTPUT;
});
