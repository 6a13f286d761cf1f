/**
 * Stores how far a shard is processed.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import { hears, notify } from "../../_core/notify.ts";
import type { Checkpoint } from "../../records.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardProgress } from "../values/shard_progress.ts";
import type { HeldLease } from "./held_lease.ts";

/** What {@linkcode ShardCheckpoints} works with. */
export interface ShardCheckpointsParts {
  /** The lease of the shard. */
  readonly lease: HeldLease;
  /** Follows which values are acknowledged. */
  readonly progress: ShardProgress;
  /** The options of the consumer. */
  readonly options: Pick<
    ConsumerSettings,
    "clock" | "durable" | "hooks" | "stream"
  >;
}

/** Writes the watermark of a shard into its lease, and SHARD_END at the end. */
export class ShardCheckpoints {
  readonly #parts: ShardCheckpointsParts;
  /** Whether SHARD_END is to be stored. A later watermark would make the children wait again. */
  #isAtEnd = false;
  /** The write of SHARD_END that is under way or has succeeded. */
  #end: Promise<void> | undefined;

  /** Writes nothing yet. */
  constructor(parts: ShardCheckpointsParts) {
    this.#parts = parts;
  }

  /** Stores the progress, if there is any since the last time. */
  async store(): Promise<void> {
    if (this.#isAtEnd) return await this.storeEnd();
    const { progress } = this.#parts;
    const { unstored } = progress;
    if (!unstored) return;
    await this.#write(unstored.checkpoint);
    progress.stored(unstored.mark);
  }

  /**
   * Stores that the shard is processed to its end. If that fails, the next call of this method or
   * of {@linkcode ShardCheckpoints.store} tries again.
   */
  storeEnd(): Promise<void> {
    this.#isAtEnd = true;
    return this.#end ??= this.#write({ type: "SHARD_END" }).catch((error) => {
      this.#end = undefined;
      throw error;
    });
  }

  async #write(checkpoint: Checkpoint): Promise<void> {
    const { lease, options: { clock, durable, hooks, stream } } = this.#parts;
    const { shardId } = lease;
    // Without a checkpointer the lease is in memory, and nothing is stored.
    if (!durable || !hears(hooks, "onCheckpoint")) {
      return await lease.write(checkpoint);
    }
    const startedAt = monotonicNow(clock);
    await lease.write(checkpoint);
    const durationMs = monotonicNow(clock) - startedAt;
    const position = checkpoint.type === "SEQUENCE"
      ? checkpoint.sequenceNumber
      : checkpoint.type;
    const event = { stream, shardId, position, durationMs };
    notify(hooks, "onCheckpoint", event);
  }
}
