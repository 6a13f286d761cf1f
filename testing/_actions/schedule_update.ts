/**
 * Changes that the service makes in the background, during which the stream is UPDATING.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import type { Stream } from "../_state/stream.ts";
import { ServiceFault } from "../_wire/service_error.ts";

/**
 * Sets the stream to UPDATING. When the transition time of the server has passed, applies the
 * change and sets the stream to ACTIVE.
 */
export function scheduleUpdate(
  account: Account,
  stream: Stream,
  apply: (now: number) => void,
): void {
  stream.status = "UPDATING";
  account.schedule(() => {
    apply(account.now);
    // The stream may have been deleted in the meantime; then it stays DELETING.
    if (stream.status === "UPDATING") stream.status = "ACTIVE";
  });
}

/** Throws unless the stream is in PROVISIONED mode, where the caller manages the shards. */
export function requireProvisioned(stream: Stream, action: string): void {
  if (stream.mode !== "PROVISIONED") {
    throw new ServiceFault(
      "ValidationException",
      `${action} is only supported for data streams with the provisioned capacity mode: ${stream.label} is ON_DEMAND.`,
    );
  }
}
