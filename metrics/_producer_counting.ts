/**
 * Hooks of producers that count into the metrics of this library.
 *
 * @module
 */
import type { ProducerHooks } from "../hooks.ts";
import { codeOf, outcomeOf } from "./_error_code.ts";
import type { Families } from "./_families.ts";
import { introducing } from "./_introducing.ts";
import { ShardGauges } from "./_shard_gauges.ts";

const MS = 1000;
const THROTTLED = "ProvisionedThroughputExceededException";

/** Makes hooks that count into these metrics. */
export function producerHooks(to: Families, perShard: boolean): ProducerHooks {
  const ofShard = new ShardGauges(perShard);
  /** The shards of each producer that were throttled. */
  const throttled = new Map<number, Set<string | undefined>>();
  const introduce = introducing((stream) => tellZero(to, stream));
  return {
    onBatch(event) {
      const { stream, records, values, bytes, failed, failures } = event;
      const { durationMs, newValues, bufferedMs, error } = event;
      introduce(stream);
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
      to.storedBytes.add({ stream }, bytes - event.failedBytes);
      for (const { code, records, isThrottle } of failures) {
        const reason = isThrottle ? "throttled" : "other";
        to.failedRecords.add({ stream, reason, code }, records);
      }
    },
    onValueFailed({ stream, error }) {
      to.failedValues.add({ stream, code: codeOf(error) });
    },
    onThrottled(event) {
      const { instance, shardId, rateFactor } = event;
      const shards = throttled.get(instance) ?? new Set();
      throttled.set(instance, shards.add(shardId));
      ofShard.set(to.rateFactor, event, rateFactor);
    },
    onShardMap(event) {
      const { stream, instance, before, after } = event;
      introduce(stream);
      to.openShards.set({ stream }, after.length, `${instance}`);
      const open = new Set(after);
      for (const shardId of before) {
        if (open.has(shardId)) continue;
        throttled.get(instance)?.delete(shardId);
        ofShard.remove(to.rateFactor, { ...event, shardId });
      }
    },
    onBuffer({ stream, instance, state, bufferedValues }) {
      introduce(stream);
      if (state === "full") to.bufferFull.add({ stream });
      to.bufferedValues.set({ stream }, bufferedValues, `${instance}`);
    },
    onWrongShard({ stream, values }) {
      to.wrongShard.add({ stream }, values);
    },
    onDistribution({ stream, strategy }) {
      to.distribution.set({ stream }, strategy === "AUTO" ? 1 : 0);
    },
    onProducerEnd(event) {
      const { instance, stream } = event;
      const source = `${instance}`;
      for (const shardId of throttled.get(instance) ?? []) {
        ofShard.remove(to.rateFactor, { ...event, shardId });
      }
      throttled.delete(instance);
      to.openShards.remove({ stream }, source);
      to.bufferedValues.remove({ stream }, source);
    },
  };
}

function tellZero(to: Families, stream: string): void {
  const plain = [
    to.putRecords,
    to.putValues,
    to.storedValues,
    to.resentRecords,
    to.putBytes,
    to.storedBytes,
    to.bufferFull,
    to.wrongShard,
  ];
  for (const counter of plain) counter.add({ stream }, 0);
  const throttled = { reason: "throttled", code: THROTTLED };
  to.failedRecords.add({ stream, ...throttled }, 0);
}
