/**
 * Shards that have expired. A list of ListShards without the shard is no proof, because the list
 * may be incomplete: GetShardIterator must refuse the shard as well.
 *
 * @module
 */
import { inBatches } from "./in_batches.ts";
import { ServiceError } from "../errors.ts";
import type { ConsumerSettings } from "./resolved_options.ts";

/** Most concurrent requests. */
const ASKED_AT_ONCE = 32;

/** Asks once for each shard and remembers the gone ones, which never come back. */
export class GoneShards {
  readonly #options: Pick<ConsumerSettings, "client" | "target">;
  readonly #gone = new Set<string>();

  /** No shard counts as gone before it was asked for. */
  constructor(
    options: Pick<ConsumerSettings, "client" | "target">,
  ) {
    this.#options = options;
  }

  /** Whether a shard is known to be gone. */
  has(shardId: string): boolean {
    return this.#gone.has(shardId);
  }

  /** Notes that a reader found its shard gone. */
  add(shardId: string): void {
    this.#gone.add(shardId);
  }

  /** Forgets all. For a new stream of the same name, whose shards have the same ids. */
  clear(): void {
    this.#gone.clear();
  }

  /** Asks for shards that were not listed. Resolves with the shards that exist all the same. */
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
