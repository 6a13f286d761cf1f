/**
 * The fault `duplicate`: a queue delivers records that are in flight or acknowledged.
 *
 * @module
 */
import { DUPLICATES_HEADER } from "../_wire/duplicates_header.ts";
import type { Fault } from "../fault_plan.ts";
import type { Injection } from "./injection.ts";

/** Asks the server for duplicates. The fault counts if there are any in the answer. */
export async function deliverDuplicates(
  { exchange, next, onHit }: Injection,
  { records = 1 }: Fault & { type: "duplicate" },
): Promise<Response> {
  const response = await next(
    exchange.withHeader(DUPLICATES_HEADER, String(records)),
  );
  if (response.headers.has(DUPLICATES_HEADER)) onHit();
  return response;
}
