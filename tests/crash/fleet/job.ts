/**
 * What the parent tells a worker to do.
 *
 * @module
 */

/** The stream that is read. */
export const FLEET_STREAM = "fleet";
/** The name of the application in the store. */
export const FLEET_NAME = "fleet";

/** The job of one process. */
export interface FleetJob {
  /** The base URL of the Kinesis. */
  readonly endpoint: string;
  readonly redisPort: number;
  /** The file of its {@linkcode FleetLog}. */
  readonly logPath: string;
  readonly workerId: string;
  readonly seed: number;
  readonly ordering: "shard" | "key";
  /** By the clock of the worker, which is `speed` times as fast as real time. */
  readonly failoverTimeMs: number;
  readonly speed: number;
}
