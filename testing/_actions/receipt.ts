/**
 * Receipt handles: opaque texts that stand for one delivery of one record.
 *
 * @module
 */
import type { Queue } from "../_state/queue.ts";
import type { LaneName, Receipt } from "../_state/queue_records.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import type { TokenCodec } from "../_wire/tokens.ts";

/** Writes a receipt handle. */
export function writeReceipt(
  tokens: TokenCodec,
  queue: Queue,
  { lane, id, delivery }: Receipt,
): string {
  return tokens.encode("receipt", [queue.id, lane, id, delivery]);
}

/**
 * Reads a receipt handle. Throws if it is not from this part of this queue. Whether the delivery is
 * still valid is not checked.
 */
export function readReceipt(
  tokens: TokenCodec,
  queue: Queue,
  lane: LaneName,
  handle: string,
): Receipt {
  const values = tokens.decode("receipt", handle);
  if (!values || values[0] !== queue.id || values[1] !== lane) {
    throw invalidArgument(
      `The receipt handle was not issued for ${
        lane === "records" ? "records" : "dead letters"
      } of queue ${queue.arn}.`,
    );
  }
  return { lane, id: Number(values[2]), delivery: Number(values[3]) };
}
