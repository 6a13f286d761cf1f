/**
 * Changes that take a while: the stream is UPDATING until they have happened.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import type { Stream } from "../_state/stream.ts";
import { ServiceFault } from "../_wire/service_error.ts";

/** Applies a change to a stream when the transition time has passed, and makes it ACTIVE again. */
export function change(
  account: Account,
  stream: Stream,
  apply: (now: number) => void,
): void {
  stream.status = "UPDATING";
  account.later(() => {
    apply(account.now);
    // A deletion may have overtaken the change.
    if (stream.status === "UPDATING") stream.status = "ACTIVE";
  });
}

/** Fails unless shards of the stream are the caller's business. */
export function requireProvisioned(stream: Stream, action: string): void {
  if (stream.mode !== "PROVISIONED") {
    throw new ServiceFault(
      "ValidationException",
      `${action} is only supported for data streams with the provisioned capacity mode: ${stream.label} is ON_DEMAND.`,
    );
  }
}
