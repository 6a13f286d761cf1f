/**
 * What is written to shards, by reading them for some seconds.
 *
 * @module
 */
import { monotonicNow, systemClock } from "../_core/clock.ts";
import type { Context } from "./_context.ts";
import type { Rate } from "./_monitor/rate_window.ts";
import { TipReader } from "./_monitor/tip_reader.ts";
import { pause } from "./_pause.ts";
import type { StreamTarget } from "./_stream_target.ts";

/** The time between two reads of a shard. It takes 1 of the 5 reads a second of the shard. */
const READ_MS = 1_000;

/** Reads the open shards for some time. Returns the rate of each shard, if it is known. */
export async function sampledRates(
  { client, terminal }: Context,
  target: StreamTarget,
  open: readonly string[],
  sampleMs: number,
): Promise<(shardId: string) => Rate | undefined> {
  const { signal } = terminal;
  const reader = new TipReader(client(), target, systemClock);
  const end = monotonicNow(systemClock) + sampleMs;
  await reader.read(open, signal);
  for (let left; (left = end - monotonicNow(systemClock)) > 0;) {
    terminal.progress(`Reading the shards: ${Math.ceil(left / 1000)} s left`);
    await pause(Math.min(left, READ_MS), signal);
    await reader.read(open, signal);
  }
  return (shardId) => reader.rateOf(shardId);
}
