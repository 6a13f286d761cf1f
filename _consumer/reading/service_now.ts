/**
 * The time of the service, for times that are stored or compared with the arrival of records. The
 * clock of this machine may be wrong by any amount, and requests succeed nevertheless, because they
 * are signed with the corrected time.
 *
 * @module
 */
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The `Date` header of an answer has whole seconds. */
const DATE_STEP_MS = 1000;

/**
 * The time of the service in milliseconds since the epoch, rounded down. The time of the clock if
 * the client does not know it.
 */
export function serviceNow(
  { client, clock }: Pick<ConsumerSettings, "client" | "clock">,
): number {
  return client.serviceNow?.() ?? clock.now();
}

/**
 * The time of the service, rounded up, for comparing with arrivals. `roundTripMs` is the duration
 * of the last call.
 */
export function serviceNowAtMost(
  { client, clock }: Pick<ConsumerSettings, "client" | "clock">,
  roundTripMs: number,
): number {
  const now = client.serviceNow?.();
  return now === undefined ? clock.now() : now + DATE_STEP_MS + roundTripMs;
}
