/**
 * The limit that the registered consumers and the queues of a stream share.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import { MAX_CONSUMERS, MAX_CONSUMERS_ADVANTAGE } from "../_state/limits.ts";
import type { Stream } from "../_state/stream.ts";
import { limitExceeded } from "../_wire/service_error.ts";

/** Throws if the stream has as many registered consumers and queues as it can have. */
export function requireConsumerPlace(account: Account, stream: Stream): void {
  const limit = stream.mode === "ON_DEMAND" && account.hasCommitment
    ? MAX_CONSUMERS_ADVANTAGE
    : MAX_CONSUMERS;
  const consumers = stream.consumers.size;
  const queues = account.queuesOf(stream).length;
  if (consumers + queues >= limit) {
    throw limitExceeded(
      `${stream.label} has ${consumers} consumers and ${queues} queues, together ${limit} are allowed.`,
    );
  }
}
