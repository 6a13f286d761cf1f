/**
 * Who reads the stream, and how far is it processed? Only with a store of checkpoints.
 *
 * @module
 */
import { checkpointStatus } from "../../progress.ts";
import { lagsOf } from "../_checkpoint_lag.ts";
import type { OpenStore } from "../_store.ts";
import { streamTargetOf } from "../_stream_target.ts";
import type { Check } from "./check.ts";
import { NotKnown } from "./errors.ts";
import { judgeCheckpoints } from "./judge_checkpoints.ts";

/** The time for which the holders of leases are watched, in milliseconds. */
const FAILOVER_MS = 10_000;
/** The time to open the store, and to read a record of each shard, in milliseconds. */
const READING_MS = 20_000;

/** The check for a store. `open` is absent if no store is given. */
export function checkpointsCheck(
  open: (() => Promise<OpenStore>) | undefined,
): Check {
  return {
    id: "checkpoints",
    needs: ["stream"],
    extraMs: FAILOVER_MS + READING_MS,
    async run({ client, stream, found }, signal) {
      if (!open) throw new NotKnown("--store says who reads the stream");
      const target = streamTargetOf(stream!);
      const { checkpointer, close } = await open();
      try {
        const status = await checkpointStatus({
          ...{ checkpointer, client, signal },
          streamName: target.StreamName,
          streamARN: target.StreamARN,
          failoverTimeMs: FAILOVER_MS,
        });
        const lags = await lagsOf(status, { client, target, signal });
        found.processingLagMs = Math.max(
          0,
          ...lags.map(({ lagMs }) => lagMs ?? 0),
        );
        return judgeCheckpoints(status, lags);
      } finally {
        await close();
      }
    },
  };
}
