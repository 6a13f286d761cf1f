/**
 * The client for Kinesis Data Streams, usable alone.
 *
 * @module
 */
export { KinesisClient } from "./kinesis_client.ts";
export type {
  CallOptions,
  Fetch,
  KinesisClientOptions,
  RetryOptions,
} from "./options.ts";
export type { WaitOptions } from "./_wait.ts";
export type * from "./types.ts";
