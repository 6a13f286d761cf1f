/**
 * The load of a shard, for the status.
 *
 * @module
 */
import type { LeaseLoad } from "../../checkpoint/mod.ts";
import type { ShardStatus } from "../../health.ts";

/** The members of the status. */
export type Rates = Pick<ShardStatus, "recordsPerSecond" | "bytesPerSecond">;

/** The rates of a load that may be unknown. */
export function ratesOf(load: LeaseLoad | undefined): Rates {
  return load
    ? {
      recordsPerSecond: load.recordsPerSecond,
      bytesPerSecond: load.bytesPerSecond,
    }
    : {};
}
