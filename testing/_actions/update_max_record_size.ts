import { MAX_RECORD_KIB } from "../_state/limits.ts";
import { streamArn } from "../_wire/fields.ts";
import { integer, required } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { scheduleUpdate } from "./schedule_update.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html */
export const updateMaxRecordSize: Action = action({
  StreamARN: required(streamArn),
  MaxRecordSizeInKiB: required(integer({ min: 1_024, max: MAX_RECORD_KIB })),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  scheduleUpdate(account, stream, () => {
    stream.maxRecordKiB = input.MaxRecordSizeInKiB;
  });
  return EMPTY_OUTPUT;
});
