/**
 * Hooks that count into the metrics of this library.
 *
 * @module
 */
import type { ShardStatus } from "../health.ts";
import type { AllHooks } from "./combine.ts";
import { codeOf, outcomeOf } from "./_error_code.ts";
import type { Families } from "./_families.ts";
import { queueHooks } from "./_queue_counting.ts";

/** The states in which a worker reads a shard no more. */
const OVER = new Set(["finished", "lost", "released"]);
const MS = 1000;

const SHARD_STATES: readonly ShardStatus["state"][] = [
  "waiting",
  "elsewhere",
  "opening",
  "reading",
  "caught-up",
  "past-until",
  "ended",
  "finished",
];

/**
 * Makes hooks that count into these metrics. Without `perShard`, the lag and the rate are not kept
 * for each shard.
 */
export function countingHooks(to: Families, perShard: boolean): AllHooks {
  const held = new Map<string, Set<string>>();
  const placeOf = (stream: string, shardId = "unknown") => ({
    stream,
    shard: perShard ? shardId : "all",
  });
  return {
    onAttempt({ action, durationMs, error, requestBytes, responseBytes }) {
      to.attempts.add({ action, outcome: outcomeOf(error) });
      to.attemptSeconds.observe({ action }, durationMs / MS);
      to.requestBytes.add({ action }, requestBytes);
      to.responseBytes.add({ action }, responseBytes);
    },
    onBatch(event) {
      const { stream, records, values, bytes, failed, throttled } = event;
      const { durationMs, newValues, bufferedMs, error } = event;
      const outcome = error === undefined && failed > 0
        ? "partial"
        : outcomeOf(error);
      to.puts.add({ stream, outcome });
      to.putSeconds.observe({ stream }, durationMs / MS);
      to.putRecords.add({ stream }, records - failed);
      to.putValues.add({ stream }, values);
      to.storedValues.add({ stream }, values - event.failedValues);
      to.resentRecords.add({ stream }, event.resent);
      to.putBytes.add({ stream }, bytes);
      if (bufferedMs !== undefined) {
        to.bufferingSeconds.observe({ stream }, bufferedMs / MS, newValues);
      }
      if (throttled > 0) {
        to.failedRecords.add({ stream, reason: "throttled" }, throttled);
      }
      if (failed > throttled) {
        to.failedRecords.add({ stream, reason: "other" }, failed - throttled);
      }
    },
    onValueFailed({ stream, error }) {
      to.failedValues.add({ stream, code: codeOf(error) });
    },
    onThrottled({ stream, shardId, rateFactor }) {
      to.rateFactor.set(placeOf(stream, shardId), rateFactor);
    },
    onShardMap({ stream, before, after }) {
      to.openShards.set({ stream }, after.length);
      const open = new Set(after);
      for (const shardId of before) {
        if (!open.has(shardId)) to.rateFactor.remove(placeOf(stream, shardId));
      }
    },
    onBuffer({ stream, state, bufferedValues }) {
      if (state === "full") to.bufferFull.add({ stream });
      to.bufferedValues.set({ stream }, bufferedValues);
    },
    onRead(
      { stream, shardId, records, bytes, millisBehindLatest, durationMs },
    ) {
      to.reads.add({ stream });
      if (durationMs !== undefined) {
        to.readSeconds.observe({ stream }, durationMs / MS);
      }
      to.readRecords.add({ stream }, records);
      to.readBytes.add({ stream }, bytes);
      // An answer may arrive after the shard was given back.
      if (millisBehindLatest !== undefined && held.get(stream)?.has(shardId)) {
        to.lagSeconds.set(placeOf(stream, shardId), millisBehindLatest / MS);
      }
    },
    onReadError({ stream, error }) {
      to.readErrors.add({ stream, code: codeOf(error) });
    },
    onShard({ stream, shardId, state }) {
      to.shardEvents.add({ stream, state });
      const shards = held.get(stream) ?? new Set();
      held.set(stream, shards);
      if (OVER.has(state)) {
        shards.delete(shardId);
        if (perShard) to.lagSeconds.remove(placeOf(stream, shardId));
      } else shards.add(shardId);
      to.heldShards.set({ stream }, shards.size);
    },
    onCheckpoint({ stream, durationMs }) {
      to.checkpoints.add({ stream });
      to.checkpointSeconds.observe({ stream }, durationMs / MS);
      to.lastCheckpoint.set({ stream }, Date.now() / MS);
    },
    onRenew({ stream, durationMs, error }) {
      to.renewals.add({ stream, outcome: outcomeOf(error) });
      to.renewalSeconds.observe({ stream }, durationMs / MS);
    },
    onStatus({ stream, shards }) {
      for (const state of SHARD_STATES) {
        const { length } = shards.filter((shard) => shard.state === state);
        to.shards.set({ stream, state }, length);
      }
      const owners = new Set(shards.map(({ owner }) => owner));
      owners.delete(undefined);
      to.workers.set({ stream }, owners.size);
    },
    onHandled({ stream, records, failed, durationMs }) {
      const outcome = failed === 0 ? "ok" : "failed";
      to.handlerSeconds.observe({ stream, outcome }, durationMs / MS);
      to.handledValues.add({ stream, outcome: "ok" }, records.length - failed);
      to.handledValues.add({ stream, outcome: "failed" }, failed);
    },
    onHandlerError({ stream, values, retryDelayMs }) {
      const then = retryDelayMs === undefined ? "given-up" : "retried";
      to.handlerErrors.add({ stream, then }, values);
    },
    onHandlerTimeout({ stream, state }) {
      to.handlerTimeouts.add({ stream, state });
    },
    onStalled({ stream, action }) {
      to.stalls.add({ stream, action });
    },
    onCoverage({ stream, problems }) {
      to.uncovered.set({ stream }, problems.length);
    },
    onExpired({ stream, what }) {
      to.expired.add({ stream, what });
    },
    onStrays({ stream, values }) {
      to.strays.add({ stream }, values);
    },
    onSubscribed({ stream }) {
      to.subscriptions.add({ stream });
    },
    onDistribution({ stream, strategy }) {
      to.distribution.set({ stream }, strategy === "AUTO" ? 1 : 0);
    },
    onUnkeyed({ stream }) {
      to.unkeyed.add({ stream });
    },
    ...queueHooks(to),
  };
}
