/**
 * Shards that have expired. A list of ListShards without the shard is no proof, because the list
 * may be incomplete: GetShardIterator must refuse the shard as well.
 *
 * @module
 */
import { raceAbort } from "../_core/race_abort.ts";
import { ServiceError } from "../errors.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import type { ShardWork } from "./shard_work.ts";

/** Asks once for each shard and remembers the gone ones, which never come back. */
export class GoneShards {
  readonly #options: Pick<ConsumerSettings, "client" | "target">;
  readonly #questions: ShardWork;
  #gone = new Set<string>();

  /** No shard counts as gone before it was asked for. */
  constructor(
    options: Pick<ConsumerSettings, "client" | "target">,
    questions: ShardWork,
  ) {
    this.#options = options;
    this.#questions = questions;
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
    this.#gone = new Set();
  }

  /**
   * Asks for shards that were not listed. Resolves with the shards that are not known to be gone:
   * they exist, or the question has failed or has no answer yet.
   */
  async ask(
    shardIds: Iterable<string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const unknown = [...new Set(shardIds)].filter((id) => !this.has(id));
    // Of the stream that is there now: an answer may come after `clear`.
    const gone = this.#gone;
    await this.#questions.run(
      unknown.map((shardId) => ({ shardId })),
      async ({ shardId }) => {
        if (!await this.#exists(shardId, signal)) gone.add(shardId);
      },
    );
    return unknown.filter((id) => !this.has(id));
  }

  async #exists(shardId: string, signal: AbortSignal): Promise<boolean> {
    const { client, target } = this.#options;
    try {
      // A client of the user may not heed the signal.
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
      if (
        error instanceof ServiceError &&
        error.code === "ResourceNotFoundException"
      ) return false;
      throw error;
    }
  }
}
