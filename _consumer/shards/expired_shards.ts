/**
 * Shards that have expired. A list of ListShards without the shard is no proof, because the list
 * may be incomplete: GetShardIterator must refuse the shard as well.
 *
 * @module
 */
import { hasCode, NOT_FOUND } from "../../_aws/service_error.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardWork } from "./shard_work.ts";

/** Remembers the shards that have expired. An expired shard never comes back. */
export class ExpiredShards {
  readonly #options: Pick<ConsumerSettings, "client" | "target">;
  readonly #lookups: ShardWork;
  #expired = new Set<string>();

  /** No shard counts as expired before the service was asked for it. */
  constructor(
    options: Pick<ConsumerSettings, "client" | "target">,
    lookups: ShardWork,
  ) {
    this.#options = options;
    this.#lookups = lookups;
  }

  /** Whether a shard is known to have expired. */
  has(shardId: string): boolean {
    return this.#expired.has(shardId);
  }

  /** Notes that the reader of a shard has found that the shard has expired. */
  add(shardId: string): void {
    this.#expired.add(shardId);
  }

  /**
   * Forgets all shards. Call it for a new stream of the same name: its shards have the same ids.
   */
  clear(): void {
    this.#expired = new Set();
  }

  /**
   * Asks the service for shards that were not listed, once for each. Resolves with the shards that
   * are not known to have expired: they exist, or the request has failed or has no answer yet.
   */
  async ask(
    shardIds: Iterable<string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const unknown = [...new Set(shardIds)].filter((id) => !this.has(id));
    // An answer that arrives after `clear` is added to this set, which `clear` has replaced.
    const expired = this.#expired;
    await this.#lookups.run(
      unknown.map((shardId) => ({ shardId })),
      async ({ shardId }) => {
        if (!await this.#exists(shardId, signal)) expired.add(shardId);
      },
    );
    return unknown.filter((id) => !this.has(id));
  }

  async #exists(shardId: string, signal: AbortSignal): Promise<boolean> {
    const { client, target } = this.#options;
    try {
      // A client that the user has written may ignore the signal.
      await raceAbort(
        client.getShardIterator({
          ...target,
          ShardId: shardId,
          ShardIteratorType: "TRIM_HORIZON",
        }, { signal }),
        signal,
      );
      return true;
    } catch (error) {
      if (hasCode(error, NOT_FOUND)) return false;
      throw error;
    }
  }
}
