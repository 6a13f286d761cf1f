/**
 * Turns the position LATEST into a time. A lease can hold the time, and a later iterator can start
 * there.
 *
 * @module
 */
import type { Checkpoint } from "../../records.ts";

/**
 * Subtracted from the time, in milliseconds. If the time of the service is not known, the clock of
 * the machine may be ahead of it by this much without losing records.
 */
const MARGIN_MS = 10_000;

/**
 * The position to store for a shard that started at LATEST, until a record of it is acknowledged.
 * `startedAt` is in milliseconds since the epoch, by the clock of the service.
 *
 * Example: a consumer starts at 12:00:00 and crashes at 12:05:00, before the first record. LATEST
 * would then mean 12:05:00, and records of 5 minutes would be lost. The stored time 11:59:50 reads
 * them, and the records of the 10 seconds before the start as well.
 */
export function latestAsTime(
  startedAt: number,
): Extract<Checkpoint, { type: "AT_TIMESTAMP" }> {
  return { type: "AT_TIMESTAMP", timestamp: new Date(startedAt - MARGIN_MS) };
}
