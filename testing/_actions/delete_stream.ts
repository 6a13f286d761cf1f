import type { Account } from "../_state/account.ts";
import type { Stream } from "../_state/stream.ts";
import { streamReference } from "../_wire/fields.ts";
import { inUse } from "../_wire/service_error.ts";
import { flag } from "../_wire/shape.ts";
import { type Action, action, NOTHING } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html */
export const deleteStream: Action = action({
  ...streamReference,
  EnforceConsumerDeletion: flag,
}, (input, { account }) => {
  const stream = account.stream(input);
  if (stream.consumers.size && !input.EnforceConsumerDeletion) {
    throw inUse(
      `Stream ${stream.name} under account ${stream.accountId} has registered consumers: deregister them or set EnforceConsumerDeletion.`,
    );
  }
  stream.status = "DELETING";
  account.later(() => removeStream(account, stream));
  return NOTHING;
});

/** Forgets a stream and everything in it. */
function removeStream(account: Account, stream: Stream): void {
  if (account.streams.get(stream.name) === stream) {
    account.streams.delete(stream.name);
  }
  for (const consumer of stream.consumers.values()) {
    consumer.evictAll("ResourceNotFoundException", stream.notFoundMessage());
  }
}
