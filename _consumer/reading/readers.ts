/**
 * Chooses how shards are read.
 *
 * @module
 */
import { EventOverflow } from "../fan_out/event_overflow.ts";
import { FanOutConsumer } from "../fan_out/fan_out_consumer.ts";
import type { FanOutClient } from "../fan_out/fan_out_options.ts";
import { FanOutReader } from "../fan_out/fan_out_reader.ts";
import type { RecordReader } from "./record_reader.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { type ReaderParts, ShardReader } from "./shard_reader.ts";

/** Makes the reader of a shard. */
export type ReaderFactory = (parts: ReaderParts) => RecordReader;

/**
 * Makes readers that poll, or with the option `fanOut` readers that subscribe. The signal ends what
 * the readers share.
 */
export function readerFactory(
  options: ConsumerSettings,
  signal: AbortSignal,
): ReaderFactory {
  const { fanOut, prefetch } = options;
  if (!fanOut) return (parts) => new ShardReader(parts);
  // The options were checked: the client has the methods.
  const client = options.client as FanOutClient;
  const consumer = new FanOutConsumer({ ...options, client, fanOut }, signal);
  const overflow = new EventOverflow(prefetch.bytes);
  return (parts) => new FanOutReader({ ...parts, client, consumer, overflow });
}
