/**
 * Creates the leases of new shards, and decides where each shard starts.
 *
 * @module
 */
import { beginningOf } from "../../_shards/shard_facts.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import type { StartPosition } from "../../records.ts";
import type { LeaseTable } from "../leases/lease_table.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { serviceNow } from "../reading/service_now.ts";
import { closedBefore } from "./closed_before.ts";
import type { ExpiredShards } from "./expired_shards.ts";
import type { KnownShards } from "./known_shards.ts";
import {
  progressUnderName,
  unknownShards,
  unlistedStart,
} from "./shard_directory_errors.ts";
import type { ShardWork } from "./shard_work.ts";
import { namedShards, planLeases, type PlannedLease } from "./start_plan.ts";

/** What a {@linkcode LeaseCreation} works with. */
export interface LeaseCreationParts {
  /** The options of the stream. */
  readonly options: ConsumerSettings;
  /** Stores the leases. */
  readonly table: LeaseTable;
  /** The shards and their leases. */
  readonly known: KnownShards;
  /** Shards that have expired. */
  readonly gone: ExpiredShards;
  /** Writes leases, for each shard alone. */
  readonly rows: ShardWork;
}

/** Plans and creates leases. Where a shard starts is decided once, by the option `from`. */
export class LeaseCreation {
  readonly #parts: LeaseCreationParts;
  /** Leases that could not be stored yet. Kept, because a shard's start is decided only once. */
  readonly #planned = new Map<string, PlannedLease>();
  /** When the shards were first listed, in milliseconds since the epoch, by the service's clock. */
  #startedAt: number | undefined;
  /** Shards that were closed before the time to start at. */
  #closedBefore: ReadonlySet<string> = new Set();
  /** Shards that the user gave a position for, and that have expired. */
  #expiredStarts: readonly string[] = [];

  /** Creates nothing yet. */
  constructor(parts: LeaseCreationParts) {
    this.#parts = parts;
  }

  /** Notes that the shards and leases were read. */
  noteListed(): void {
    this.#startedAt ??= serviceNow(this.#parts.options);
  }

  /**
   * Finds out, before the first leases of a stream are planned, which shards need not be read.
   *
   * @throws {KinesisError} if `from` names a shard that does not exist, or if there is progress under
   * the name of the stream, and the consumer was given the ARN
   */
  async checkStart(signal: AbortSignal): Promise<void> {
    await this.#checkOtherName(signal);
    const { known: { lineage }, options } = this.#parts;
    const { from } = options;
    if (from instanceof Date) {
      this.#closedBefore = await closedBefore(from, lineage, options, signal);
    } else this.#expiredStarts = await this.#checkNamed(from, signal);
  }

  /** Creates the missing leases. Resolves with those of shards that start at LATEST. */
  async createMissing(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { known, options, rows, table } = this.#parts;
    const latest = new Set<string>();
    const { leases } = known;
    for (const batch of this.plan(options.from, leases)) {
      // Children first: no shard may have a lease while one of its children has none.
      const next = batch.filter(({ lease: { shardId } }) =>
        known.lineage.childrenOf(shardId).every((id) => leases.has(id))
      ).map((plan) => ({ shardId: plan.lease.shardId, plan }));
      await rows.run(next, async ({ shardId, plan }) => {
        const { lease, isLatest } = this.#planned.get(shardId) ?? plan;
        this.#planned.set(shardId, { lease, isLatest });
        const isNew = await table.create(lease, signal);
        this.#planned.delete(shardId);
        if (isNew && isLatest) latest.add(shardId);
      });
    }
    if (this.#expiredStarts.length > 0) {
      // Created once: such a lease is deleted when its shard is finished.
      this.#expiredStarts = this.#expiredStarts.filter((id) => !leases.has(id));
      known.link();
    }
    await known.reloadIfOutdated(signal);
    return latest;
  }

  /** The leases to create beside `leases`, in batches that are stored one after another. */
  plan(
    from: StartPosition,
    leases: ReadonlyMap<string, Lease>,
  ): PlannedLease[][] {
    const { known: { lineage }, options: { stream } } = this.#parts;
    return planLeases({
      stream,
      lineage,
      leases,
      from,
      startedAt: this.#startedAt!,
      closedBefore: this.#closedBefore,
      expired: this.#expiredStarts,
    });
  }

  /** Forgets what was decided for an earlier stream of the same name. */
  forget(): void {
    this.#planned.clear();
    this.#closedBefore = new Set();
    this.#expiredStarts = [];
  }

  /**
   * Throws if the consumer was given the ARN and there is progress under the name. The progress
   * would be ignored, because leases are stored under what the consumer was given.
   */
  async #checkOtherName(signal: AbortSignal): Promise<void> {
    const { known, options: { stream, streamName }, table } = this.#parts;
    if (stream === streamName) return;
    const { shards } = known.lineage;
    const mayBeOurs = (await table.list(streamName, { signal })).some(
      ({ shardId, startingSequenceNumber: stored }) => {
        const listed = beginningOf(shards.get(shardId));
        return stored === undefined || listed === undefined ||
          stored === listed;
      },
    );
    if (mayBeOurs) throw progressUnderName(stream, streamName);
  }

  /** Resolves with the shards that `from` names and that have expired. */
  async #checkNamed(
    from: StartPosition,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { gone, known: { lineage }, options: { stream } } = this.#parts;
    const unlisted = namedShards(from).filter((id) => !lineage.has(id));
    const hidden = await gone.ask(unlisted, signal);
    if (hidden.length > 0) throw unlistedStart(stream, hidden);
    const isParent = (id: string) => lineage.childrenOf(id).length > 0;
    const unknown = unlisted.filter((id) => !isParent(id));
    if (unknown.length > 0) {
      throw unknownShards(stream, unknown, [...lineage.shards.keys()]);
    }
    return unlisted;
  }
}
