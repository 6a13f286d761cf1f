/**
 * The time of the service. Times that are stored, or compared with arrivals, are the service's:
 * the clock of this machine may be wrong by any amount, since requests are signed with the
 * corrected time.
 *
 * @module
 */
import type { ConsumerSettings } from "./resolved_options.ts";

/** The answers of the service tell its time in seconds. */
const DATE_STEP_MS = 1000;

/**
 * Milliseconds since the epoch: that of the service where the client knows it, never ahead of it;
 * else that of the clock.
 */
export function serviceNow(
  { client, clock }: Pick<ConsumerSettings, "client" | "clock">,
): number {
  // A stand-in for a client may lack the method.
  return client.serviceNow?.() ?? clock.now();
}

/** The same, never behind. `roundTripMs`: how long the last call took. */
export function serviceNowAtMost(
  { client, clock }: Pick<ConsumerSettings, "client" | "clock">,
  roundTripMs: number,
): number {
  const now = client.serviceNow?.();
  return now === undefined ? clock.now() : now + DATE_STEP_MS + roundTripMs;
}
