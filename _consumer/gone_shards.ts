/**
 * Shards that have expired. That an answer of ListShards does not name a shard proves nothing:
 * GetShardIterator has to say so too.
 *
 * @module
 */
import { raceAbort } from "../_core/race_abort.ts";
import { ServiceError } from "../errors.ts";
import type { ConsumerSettings } from "./resolved_options.ts";
import type { ShardWork } from "./shard_work.ts";

/** Asks once for each shard, and remembers: a shard that is gone does not come back. */
export class GoneShards {
  readonly #options: Pick<ConsumerSettings, "client" | "target">;
  readonly #questions: ShardWork;
  #gone = new Set<string>();

  /** None is gone before it was asked for. */
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

  /** Notes what a reader found out. */
  add(shardId: string): void {
    this.#gone.add(shardId);
  }

  /** Another stream has taken the name: its shards have the same ids. */
  clear(): void {
    this.#gone = new Set();
  }

  /**
   * Asks for shards that were not listed. Resolves with those that are not known to be gone: they
   * exist, or the question has failed or has no answer yet.
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
