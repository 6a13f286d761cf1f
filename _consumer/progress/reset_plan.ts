/**
 * Plans what a reset does to each lease.
 *
 * @module
 */
import type { OptionCheck } from "../../_core/option_check.ts";
import type { Checkpoint, Lease, NewLease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";
import { closedBefore } from "../shards/closed_before.ts";
import { Lineage } from "../shards/lineage.ts";
import { planLeases } from "../shards/start_plan.ts";
import { serviceNow } from "../reading/service_now.ts";
import type { ResolvedProgressOptions } from "./progress_options.ts";

/** Where all shards start after a reset. */
export type ResetPosition = "TRIM_HORIZON" | "LATEST" | Date;

/** What a reset does to the progress of a shard. */
export interface ShardReset {
  /** The shard. */
  readonly shardId: string;
  /**
   * - `reset`: the checkpoint is replaced
   * - `create`: the shard had no lease
   * - `keep`: the checkpoint is already as wanted
   * - `delete`: the shard has expired, so its lease is deleted
   */
  readonly action: "reset" | "create" | "keep" | "delete";
  /** The checkpoint before. Absent if there was no lease. */
  readonly before?: Checkpoint;
  /** The checkpoint afterwards. Absent if the lease is deleted. */
  readonly after?: Checkpoint;
}

/** A change of one lease. */
export interface PlannedReset extends ShardReset {
  /** The lease as it was listed. */
  readonly lease?: Lease;
  /** The lease to store. */
  readonly next?: NewLease;
}

/** What a reset starts from. */
export interface ResetSituation {
  readonly shards: readonly Shard[];
  readonly leases: readonly Lease[];
  readonly to: ResetPosition;
  /** The shards to reset. All if absent. */
  readonly shardIds: readonly string[] | undefined;
}

/**
 * The changes of all leases, children before their parents, as a consumer without any lease would
 * start with `from`.
 *
 * @throws {RangeError} if `shardIds` names a shard that is not listed
 */
export async function planReset(
  check: OptionCheck,
  { shards, leases, to, shardIds }: ResetSituation,
  settings: ResolvedProgressOptions,
): Promise<PlannedReset[]> {
  const lineage = new Lineage(shards);
  const unknown = shardIds?.find((id) => !lineage.shards.has(id));
  if (unknown !== undefined) {
    const rule = `shards that the service lists: ${
      [...lineage.shards.keys()].join(", ")
    }`;
    throw new RangeError(check.message("shardIds", rule, unknown));
  }
  const { stream, signal } = settings;
  const isWanted = (id: string) =>
    shardIds === undefined || shardIds.includes(id);
  const byShard = new Map(leases.map((lease) => [lease.shardId, lease]));
  const started = planLeases({
    ...{ stream, lineage },
    from: to,
    leases: new Map(),
    startedAt: serviceNow(settings),
    ...(to instanceof Date &&
      { closedBefore: await closedBefore(to, lineage, settings, signal) }),
  });
  const changes = started.flat().map(({ lease: next }) => next)
    .filter(({ shardId }) => isWanted(shardId))
    .map((next) => changeOf(byShard.get(next.shardId), next));
  const expired = shardIds ? [] : leases
    .filter(({ shardId }) => !lineage.shards.has(shardId))
    .map((lease): PlannedReset => ({
      shardId: lease.shardId,
      action: "delete",
      before: lease.checkpoint,
      lease,
    }));
  return [...changes, ...expired];
}

function changeOf(lease: Lease | undefined, next: NewLease): PlannedReset {
  const { shardId, checkpoint: after } = next;
  if (!lease) return { shardId, action: "create", after, next };
  const before = lease.checkpoint;
  const isSame = JSON.stringify(before) === JSON.stringify(after);
  // A lease that names a dead worker is replaced as well: no worker has to wait for it afterwards.
  const action = isSame && lease.owner === undefined ? "keep" : "reset";
  return { shardId, action, before, after, lease, next };
}
