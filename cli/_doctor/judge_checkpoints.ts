/**
 * Does a worker read each shard?
 *
 * @module
 */
import type { CheckpointStatus } from "../../progress.ts";
import type { ShardLag } from "../_checkpoint_lag.ts";
import { durationText } from "../_checkpoint_text.ts";
import { counted } from "../_values.ts";
import type { Finding } from "./check.ts";

/** How many shards are named. */
const MOST_NAMED = 5;

/** Judges who holds the shards. How far they are behind is the subject of another check. */
export function judgeCheckpoints(
  { shards, workers }: Pick<CheckpointStatus, "shards" | "workers">,
  lags: readonly ShardLag[],
): Finding {
  const data = {
    workers,
    shards: lags.map(({ shard: { shardId, state, owner }, lagMs }) => ({
      ...{ shardId, state, owner, lagMilliseconds: lagMs },
    })),
  };
  const open = shards.filter(({ isListed }) => isListed);
  if (open.every(({ state }) => state === "new")) {
    return {
      status: "warning",
      message: "No progress is stored for this stream",
      remedy:
        "Check --store and --name, and whether the consumers are given the name or the ARN of the stream",
      data,
    };
  }
  const unread = open.filter(({ state }) =>
    state === "free" || state === "expired" || state === "new"
  );
  const running = `${counted(workers.length, "worker")} ${
    workers.length === 1 ? "holds" : "hold"
  } ${counted(open.filter(({ state }) => state === "held").length, "shard")}`;
  if (workers.length === 0) {
    const [slowest] = [...lags].sort((a, b) => (b.lagMs ?? 0) - (a.lagMs ?? 0));
    return {
      status: "warning",
      message: `No worker is running; ${slowest!.shard.shardId} is ${
        durationText(slowest!.lagMs ?? 0)
      } behind`,
      remedy: "Start a consumer with this store",
      data,
    };
  }
  if (unread.length > 0) {
    const names = unread.slice(0, MOST_NAMED).map(({ shardId, owner }) =>
      owner === undefined ? shardId : `${shardId} (of ${owner})`
    );
    return {
      status: "warning",
      message: `${running}, and no worker reads ${
        counted(unread.length, "shard")
      }: ${names.join(", ")}${unread.length > MOST_NAMED ? ", …" : ""}`,
      remedy:
        "Wait for 15 seconds and check again. If it stays, all workers have reached maxShards, or cannot write to the store: look at their logs",
      data,
    };
  }
  return { status: "ok", message: running, data };
}
