/**
 * Hooks of consumers that count into the metrics of this library.
 *
 * @module
 */
import type { ShardStatus } from "../health.ts";
import type { ConsumerHooks } from "../hooks.ts";
import { codeOf, outcomeOf } from "./_error_code.ts";
import type { Families } from "./_families.ts";
import { followedBy } from "./_handler_errors.ts";
import { introducing } from "./_introducing.ts";
import { ShardGauges, type ShardPlace } from "./_shard_gauges.ts";

const MS = 1000;
/** The states in which a worker reads a shard no more. */
const OVER = new Set(["finished", "lost", "released"]);
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

/** Makes hooks that count into these metrics. */
export function consumerHooks(to: Families, perShard: boolean): ConsumerHooks {
  const ofShard = new ShardGauges(perShard);
  /** The shards that each consumer reads. */
  const held = new Map<number, Set<string>>();
  const introduce = introducing((stream) => tellZero(to, stream));
  const removeLags = (place: ShardPlace) => {
    ofShard.remove(to.lagSeconds, place);
    ofShard.remove(to.processingLagSeconds, place);
  };
  return {
    onRead(event) {
      const { stream, instance, shardId, durationMs } = event;
      const { records, bytes, millisBehindLatest } = event;
      to.reads.add({ stream });
      if (durationMs !== undefined) {
        to.readSeconds.observe({ stream }, durationMs / MS);
      }
      to.readRecords.add({ stream }, records);
      to.readBytes.add({ stream }, bytes);
      // An answer may arrive after the shard was given back.
      if (
        millisBehindLatest !== undefined && held.get(instance)?.has(shardId)
      ) {
        ofShard.set(to.lagSeconds, event, millisBehindLatest / MS);
      }
    },
    onReadError({ stream, error }) {
      introduce(stream);
      to.readErrors.add({ stream, code: codeOf(error) });
    },
    onShard(event) {
      const { stream, instance, shardId, state } = event;
      introduce(stream);
      to.shardEvents.add({ stream, state });
      const shards = held.get(instance) ?? new Set();
      held.set(instance, shards);
      if (OVER.has(state)) {
        shards.delete(shardId);
        removeLags(event);
      } else shards.add(shardId);
      to.heldShards.set({ stream }, shards.size, `${instance}`);
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
    onStatus({ stream, instance, shards }) {
      introduce(stream);
      const source = `${instance}`;
      for (const state of SHARD_STATES) {
        const { length } = shards.filter((shard) => shard.state === state);
        to.shards.set({ stream, state }, length, source);
      }
      const owners = new Set(shards.map(({ owner }) => owner));
      owners.delete(undefined);
      to.workers.set({ stream }, owners.size, source);
    },
    onProcessingLag(event) {
      const { instance, shardId, processingLagMs } = event;
      if (!held.get(instance)?.has(shardId)) return;
      const gauge = to.processingLagSeconds;
      if (processingLagMs === undefined) ofShard.remove(gauge, event);
      else ofShard.set(gauge, event, processingLagMs / MS);
    },
    onHandled({ stream, records, failed, durationMs }) {
      const outcome = failed === 0 ? "ok" : "failed";
      to.handlerSeconds.observe({ stream, outcome }, durationMs / MS);
      to.handledValues.add({ stream, outcome: "ok" }, records.length - failed);
      to.handledValues.add({ stream, outcome: "failed" }, failed);
    },
    onHandlerError({ stream, ...event }) {
      for (const [then, values] of followedBy(event)) {
        if (values > 0) to.handlerErrors.add({ stream, then }, values);
      }
    },
    onHandlerTimeout({ stream, state }) {
      to.handlerTimeouts.add({ stream, state });
    },
    onStalled({ stream, action }) {
      to.stalls.add({ stream, action });
    },
    onCoverage({ stream, instance, problems }) {
      to.uncovered.set({ stream }, problems.length, `${instance}`);
    },
    onExpired({ stream, what }) {
      to.expired.add({ stream, what });
    },
    onStrays({ stream, values }) {
      to.strays.add({ stream }, values);
    },
    onDecodeError({ stream, decision }) {
      to.decodeErrors.add({ stream, decision });
    },
    onUnacknowledged({ stream }) {
      to.unacknowledged.add({ stream });
    },
    onRecreated({ stream }) {
      to.recreated.add({ stream });
    },
    onSubscribed({ stream }) {
      to.subscriptions.add({ stream });
    },
    onUnkeyed({ stream }) {
      to.unkeyed.add({ stream });
    },
    onConsumerEnd(event) {
      const { stream, instance } = event;
      const source = `${instance}`;
      for (const shardId of held.get(instance) ?? []) {
        removeLags({ ...event, shardId });
      }
      held.delete(instance);
      to.heldShards.remove({ stream }, source);
      to.uncovered.remove({ stream }, source);
      to.workers.remove({ stream }, source);
      for (const state of SHARD_STATES) {
        to.shards.remove({ stream, state }, source);
      }
    },
  };
}

function tellZero(to: Families, stream: string): void {
  const plain = [
    to.reads,
    to.readRecords,
    to.readBytes,
    to.strays,
    to.unacknowledged,
    to.recreated,
  ];
  for (const counter of plain) counter.add({ stream }, 0);
  for (const state of ["lost", "released"]) {
    to.shardEvents.add({ stream, state }, 0);
  }
  for (const action of ["none", "restart", "release"]) {
    to.stalls.add({ stream, action }, 0);
  }
  for (const what of ["shard", "records"]) to.expired.add({ stream, what }, 0);
  for (const then of ["retried", "given-up", "redelivered"]) {
    to.handlerErrors.add({ stream, then }, 0);
  }
  for (const state of ["late", "given-up"]) {
    to.handlerTimeouts.add({ stream, state }, 0);
  }
  for (const decision of ["skip", "fail"]) {
    to.decodeErrors.add({ stream, decision }, 0);
  }
}
