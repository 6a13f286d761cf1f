/**
 * Replaces and deletes the leases of an earlier stream of the same name.
 *
 * @module
 */
import { notify } from "../../_core/notify.ts";
import type { Lease, NewLease } from "../../checkpoint/mod.ts";
import type { Shard } from "../../client/mod.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { leasesOfEarlier } from "./earlier_stream.ts";
import type { KnownShards } from "./known_shards.ts";
import type { LeaseCreation } from "./lease_creation.ts";
import { notReplacedYet, recreated } from "./shard_directory_errors.ts";
import type { ShardWork } from "./shard_work.ts";

/** What {@linkcode EarlierLeases} works with. */
export interface EarlierLeasesParts {
  /** The options of the stream. */
  readonly options: Pick<
    ConsumerSettings,
    "from" | "hooks" | "onRecreated" | "stream"
  >;
  /** Stores the leases. */
  readonly table: LeaseTable;
  /** The shards and their leases. */
  readonly known: KnownShards;
  /** Plans the new leases. */
  readonly creation: LeaseCreation;
  /** Deletes leases, for each shard alone. */
  readonly deletions: ShardWork;
}

/** Follows the policy `onRecreated`. */
export class EarlierLeases {
  readonly #parts: EarlierLeasesParts;

  /** Writes nothing yet. */
  constructor(parts: EarlierLeasesParts) {
    this.#parts = parts;
  }

  /** Whether the leases of an earlier stream must be replaced before this stream can be read. */
  mustReplace(earlier: readonly Lease[], listed: readonly Shard[]): boolean {
    if (earlier.length === 0) return false;
    const { known: { leases }, options: { onRecreated } } = this.#parts;
    const ids = new Set(earlier.map(({ shardId }) => shardId));
    return onRecreated === "fail" ||
      listed.some(({ ShardId }) => ids.has(ShardId) || !leases.has(ShardId));
  }

  /** Deletes leases of an earlier stream. If that fails, this worker ignores them. */
  async remove(leases: readonly Lease[], signal: AbortSignal): Promise<void> {
    if (leases.length === 0) return;
    const { deletions, known, table } = this.#parts;
    await deletions.run(leases, (lease) => table.forget(lease, signal));
    table.hide(leases);
    known.link();
  }

  /**
   * Replaces the leases of an earlier stream, after it has called `stopReading` with their shards.
   * The new stream is read from its oldest record, or from the time that the user gave: all its
   * records are newer than the start of the consumer.
   *
   * @throws {KinesisError} `StreamRecreated` if the policy is to fail
   */
  async replace(
    earlier: readonly Lease[],
    stopReading: (shardId: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { creation, known, options, table } = this.#parts;
    const { stream, onRecreated, hooks } = options;
    const shardIds = earlier.map(({ shardId }) => shardId);
    if (onRecreated === "fail") throw recreated(stream, shardIds);
    for (const shardId of shardIds) stopReading(shardId);
    creation.forget();
    const old = new Map(earlier.map((lease) => [lease.shardId, lease]));
    const planned = this.#plan(old);
    // Creates missing leases first and replaces old ones last. After a crash in between, an old
    // lease is left, and the next worker that sees it repeats all steps.
    await table.createAll(
      planned.filter(({ shardId }) => !old.has(shardId)),
      signal,
    );
    const replacements: [Lease, NewLease][] = [];
    for (const next of planned) {
      const lease = old.get(next.shardId);
      if (lease) replacements.push([lease, next]);
    }
    const { shards } = known.lineage;
    await table.replace(replacements, signal);
    notify(hooks, "onRecreated", { stream, shardIds });
    await known.reloadIfOutdated(signal);
    await this.remove(
      earlier.filter(({ shardId }) => !shards.has(shardId)),
      signal,
    );
    known.link();
    const left = leasesOfEarlier(known.leases, known.lineage);
    if (left.length > 0) throw notReplacedYet(stream, left.length);
  }

  /** The leases of the new stream, also those that replace an old one. */
  #plan(old: ReadonlyMap<string, Lease>): NewLease[] {
    const { creation, known: { leases }, options: { from } } = this.#parts;
    const kept = new Map([...leases].filter(([shardId]) => !old.has(shardId)));
    const start = from instanceof Date ? from : "TRIM_HORIZON";
    return creation.plan(start, kept).flat().map(({ lease }) => lease);
  }
}
