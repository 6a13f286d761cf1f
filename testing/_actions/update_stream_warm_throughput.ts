import { streamReference } from "../_wire/fields.ts";
import { invalidArgument, validation } from "../_wire/service_error.ts";
import { integer, required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { scheduleUpdate } from "./schedule_update.ts";

/** The highest warm throughput of an on-demand stream, in MiB/s. */
const MAX_WARM_MIBPS = 10_240;

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html */
export const updateStreamWarmThroughput: Action = action({
  ...streamReference,
  WarmThroughputMiBps: required(integer({ min: 0 })),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  if (stream.mode !== "ON_DEMAND") {
    throw validation(
      `UpdateStreamWarmThroughput is only supported for data streams with the on-demand capacity mode: ${stream.label} is PROVISIONED.`,
    );
  }
  if (!account.hasCommitment) {
    throw validation(
      "UpdateStreamWarmThroughput is only supported for accounts with MinimumThroughputBillingCommitment enabled.",
    );
  }
  const { WarmThroughputMiBps: target } = input;
  if (target > MAX_WARM_MIBPS) {
    throw invalidArgument(
      `WarmThroughputMiBps must be at most ${MAX_WARM_MIBPS}: current value is ${target}.`,
    );
  }
  const current = stream.warmMiBps ?? 0;
  scheduleUpdate(account, stream, () => {
    stream.warmMiBps = target;
  });
  return {
    StreamARN: stream.arn,
    StreamName: stream.name,
    WarmThroughput: { TargetMiBps: target, CurrentMiBps: current },
  };
});
