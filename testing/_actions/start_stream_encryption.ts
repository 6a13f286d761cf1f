import { streamReference } from "../_wire/fields.ts";
import { required, text } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";
import { scheduleUpdate } from "./schedule_update.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html */
export const startStreamEncryption: Action = action({
  ...streamReference,
  EncryptionType: required(text({ values: ["KMS"] })),
  KeyId: required(text({ min: 1, max: 2_048 })),
}, (input, { account }) => {
  const stream = account.stream(input);
  stream.requireActive();
  scheduleUpdate(account, stream, () => {
    stream.keyId = input.KeyId;
  });
  return EMPTY_OUTPUT;
});
