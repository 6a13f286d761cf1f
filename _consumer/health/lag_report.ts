/**
 * Tells how far the processing of each shard is behind, every 10 seconds.
 *
 * @module
 */
import { every } from "../../_core/every.ts";
import { hears, notify } from "../../_core/notify.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardSession } from "../shard_session.ts";

/** The time between two calls of the hook for a shard, in milliseconds. */
const REPORT_MS = 10_000;

/** Calls the hook `onProcessingLag` for each session until the signal aborts. */
export function reportLag(
  { clock, hooks, stream, instance }: Pick<
    ConsumerSettings,
    "clock" | "hooks" | "instance" | "stream"
  >,
  sessions: ReadonlyMap<
    string,
    Pick<ShardSession<unknown>, "health" | "shardId">
  >,
  signal: AbortSignal,
): Promise<void> {
  const report = () => {
    if (!hears(hooks, "onProcessingLag")) return;
    for (const { shardId, health } of [...sessions.values()]) {
      const { processingLagMs } = health;
      const event = { stream, instance, shardId, processingLagMs };
      notify(hooks, "onProcessingLag", event);
    }
  };
  return every(REPORT_MS, report, { clock, signal });
}
