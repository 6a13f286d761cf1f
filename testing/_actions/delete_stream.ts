import type { Account } from "../_state/account.ts";
import type { Stream } from "../_state/stream.ts";
import { streamReference } from "../_wire/fields.ts";
import { inUse } from "../_wire/service_error.ts";
import { flag } from "../_wire/shape.ts";
import { type Action, action, EMPTY_OUTPUT } from "./action.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html */
export const deleteStream: Action = action({
  ...streamReference,
  EnforceConsumerDeletion: flag,
}, (input, { account }) => {
  const stream = account.stream(input);
  requireUnread(account, stream);
  if (stream.consumers.size && !input.EnforceConsumerDeletion) {
    throw inUse(
      `Stream ${stream.name} under account ${stream.accountId} has registered consumers: deregister them or set EnforceConsumerDeletion.`,
    );
  }
  stream.status = "DELETING";
  account.schedule(() => removeStream(account, stream));
  return EMPTY_OUTPUT;
});

/** Throws if a queue or a channel reads the stream. */
function requireUnread(account: Account, stream: Stream): void {
  for (
    const [kind, { length }] of [
      ["queues", account.queuesOf(stream)],
      ["channels", account.channelsOf(stream)],
    ] as const
  ) {
    if (length === 0) continue;
    throw inUse(
      `Stream ${stream.name} under account ${stream.accountId} has ${length} ${kind}: delete them first.`,
    );
  }
}

/** Removes a stream with its records, and ends its subscriptions with an exception. */
function removeStream(account: Account, stream: Stream): void {
  if (account.streams.get(stream.name) === stream) {
    account.streams.delete(stream.name);
  }
  for (const consumer of stream.consumers.values()) {
    consumer.endAllWithException(
      "ResourceNotFoundException",
      stream.notFoundMessage(),
    );
  }
}
