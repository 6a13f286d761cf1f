/**
 * The time of the service. It is used for times that are stored or compared with arrivals of
 * records. The clock of this machine may be wrong by any amount, which nothing else notices,
 * because requests are signed with the corrected time.
 *
 * @module
 */
import type { ConsumerSettings } from "./resolved_options.ts";

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

/** The same, rounded up. `roundTripMs` is how long the last call took. */
export function serviceNowAtMost(
  { client, clock }: Pick<ConsumerSettings, "client" | "clock">,
  roundTripMs: number,
): number {
  const now = client.serviceNow?.();
  return now === undefined ? clock.now() : now + DATE_STEP_MS + roundTripMs;
}
