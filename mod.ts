/**
 * Kinesis Data Streams over web streams.
 *
 * @module
 */
export { Producer } from "./producer.ts";
export type {
  FlushResult,
  KeyOf,
  Ordering,
  ProducerOptions,
  ProducerStats,
  PutKeys,
  ShardRates,
} from "./producer.ts";
export { Consumer } from "./consumer.ts";
export type {
  ConsumerOptions,
  ConsumerStatus,
  PoisonPolicy,
  ShardStatus,
} from "./consumer.ts";
export { KinesisClient } from "./client/mod.ts";
export type { KinesisClientOptions } from "./client/mod.ts";
