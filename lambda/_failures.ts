/**
 * What happens to values that fail, in all handlers.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";
import type { DecodeError } from "../errors.ts";
import type { DecodedItem, EventFailure } from "./decode_event.ts";

/** What happens to a value that cannot be decoded. */
export type PoisonPolicy =
  | "fail"
  | "skip"
  | ((error: DecodeError) => unknown);

/** The policy, checked, or its default. */
export function checkPolicy(
  check: OptionCheck,
  policy: PoisonPolicy | undefined,
): PoisonPolicy {
  return typeof policy === "function"
    ? policy
    : check.choice("onPoison", policy, ["fail", "skip"] as const, "fail");
}

/** Throws the error, unless the policy says that the value counts as processed. */
export async function settlePoison(
  error: DecodeError,
  policy: PoisonPolicy,
): Promise<void> {
  const result = typeof policy === "function" ? await policy(error) : policy;
  if (result === "fail") throw error;
}

/** Reports a failed value. Never rejects. */
export async function report<T>(
  onFailure: ((failure: EventFailure<T>) => unknown) | undefined,
  item: Omit<EventFailure<T>, "error"> | DecodedItem<T>,
  error: unknown,
): Promise<void> {
  const { shardId, sequenceNumber } = item;
  try {
    await onFailure?.({
      ...{ error, shardId, sequenceNumber },
      ...("record" in item && { record: item.record }),
    });
  } catch {
    // A logger that fails must not hide which records have failed.
  }
}
