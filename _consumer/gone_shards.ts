/**
 * Shards that have expired. That an answer of ListShards does not name a shard proves nothing:
 * GetShardIterator has to say so too.
 *
 * @module
 */
import { inBatches } from "./in_batches.ts";
import { ServiceError } from "../errors.ts";
import type { ConsumerSettings } from "./resolved_options.ts";

/** Questions that are under way at once. */
const ASKED_AT_ONCE = 32;

/** Asks once for each shard, and remembers: a shard that is gone does not come back. */
export class GoneShards {
  readonly #options: Pick<ConsumerSettings, "client" | "target">;
  readonly #gone = new Set<string>();

  /** None is gone before it was asked for. */
  constructor(
    options: Pick<ConsumerSettings, "client" | "target">,
  ) {
    this.#options = options;
  }

  /** Whether a shard is known to be gone. */
  has(shardId: string): boolean {
    return this.#gone.has(shardId);
  }

  /** Notes what a reader found out. */
  add(shardId: string): void {
    this.#gone.add(shardId);
  }

  /** Another stream has taken the name: its shards have the same ids. */
  clear(): void {
    this.#gone.clear();
  }

  /** Asks for shards that were not listed. Resolves with those that exist all the same. */
  async ask(
    shardIds: Iterable<string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const existing: string[] = [];
    const unknown = [...new Set(shardIds)].filter((id) => !this.has(id));
    await inBatches(unknown, ASKED_AT_ONCE, async (shardId) => {
      if (await this.#exists(shardId, signal)) existing.push(shardId);
      else this.add(shardId);
    });
    return existing;
  }

  async #exists(shardId: string, signal: AbortSignal): Promise<boolean> {
    const { client, target } = this.#options;
    try {
      await client.getShardIterator({
        ...target,
        ShardId: shardId,
        ShardIteratorType: "TRIM_HORIZON",
      }, { signal });
      return true;
    } catch (error) {
      if (
        error instanceof ServiceError &&
        error.code === "ResourceNotFoundException"
      ) return false;
      throw error;
    }
  }
}
