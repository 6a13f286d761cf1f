/**
 * Chooses the next step of a reader after an error: try again, make a new iterator, or end.
 *
 * @module
 */
import { hasCode, IN_USE, NOT_FOUND } from "../../_aws/service_error.ts";
import { delay } from "../../_core/clock.ts";
import type { FailureStreak } from "../../_core/failure_streak.ts";
import { notify } from "../../_core/notify.ts";
import { raceAbort, untilAborted } from "../../_core/race_abort.ts";
import { KinesisError } from "../../errors.ts";
import { failuresInARow } from "../failures.ts";
import type { Existence } from "../shards/shard_directory.ts";
import { remedyFor } from "./refusal.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ReaderVitals } from "./reader_vitals.ts";
import type { ShardCursor } from "./shard_cursor.ts";

/** The next step of the reader. */
export type NextStep =
  /** Send the same request again. */
  | "same-iterator"
  /** Make an iterator at the position of the cursor. */
  | "new-iterator"
  /** End: the shard has expired. */
  | "end";

/** What {@linkcode ReadRecovery} works with. */
export interface ReadRecoveryParts {
  /** The shard. */
  readonly shardId: string;
  /** The options of the consumer. */
  readonly options: ConsumerSettings;
  /** The position of the reader. */
  readonly cursor: ShardCursor;
  /** Finds out what happened to the shard after the service refused a request. */
  readonly existence: () => Promise<Existence>;
  /** Notes the pauses. */
  readonly vitals: Pick<ReaderVitals, "enter" | "plan">;
}

/** Decides after each error of one reader, and pauses. */
export class ReadRecovery {
  readonly #parts: ReadRecoveryParts;
  readonly #failures: FailureStreak;
  /** Iterators that expired in a row. */
  #expiries = 0;

  /** Starts without errors. */
  constructor(parts: ReadRecoveryParts) {
    this.#parts = parts;
    this.#failures = failuresInARow(parts.options);
  }

  /** Forgets the errors, after a read that has succeeded. */
  noteSuccess(): void {
    this.#failures.end();
    this.#expiries = 0;
  }

  /**
   * Resolves with the next step after an error, when it is time for it. Rejects if the reader
   * cannot go on. `hadIterator` tells whether the error came from reading, not from making an
   * iterator.
   */
  async after(
    error: unknown,
    hadIterator: boolean,
    signal: AbortSignal,
  ): Promise<NextStep> {
    if (hasCode(error, "ExpiredIteratorException")) {
      // The position is still known, so a new iterator goes on without a gap.
      if (this.#expiries++ > 0) await this.#retry(error, signal);
      return "new-iterator";
    }
    if (hasCode(error, NOT_FOUND)) {
      return await this.#afterUnknownShard(error, signal);
    }
    if (hasCode(error, "InvalidArgumentException")) {
      await this.#afterRefusal(error, hadIterator, signal);
      return "new-iterator";
    }
    if (!mayHelp(error)) throw error;
    await this.#retry(error, signal);
    return "same-iterator";
  }

  /** Pauses after the request under way was given up because of `reason`. */
  async afterRestart(reason: unknown, signal: AbortSignal): Promise<NextStep> {
    await this.#retry(reason, signal);
    return "new-iterator";
  }

  /** If the shard has expired, there is nothing left to read. */
  async #afterUnknownShard(
    cause: unknown,
    signal: AbortSignal,
  ): Promise<NextStep> {
    // Rejects if the stream does not exist.
    const existence = await this.#existence(signal);
    // The lease is replaced soon, which aborts this reader.
    if (existence === "replaced") return await untilAborted(signal);
    if (existence === "gone") {
      this.#report(cause, 0);
      return "end";
    }
    if (existence) await this.#retry(cause, signal);
    return "same-iterator";
  }

  /**
   * Finds a position that the service accepts. The service refuses iterators and sequence numbers
   * of a deleted stream without end, and a time in the future until that time.
   */
  async #afterRefusal(
    cause: unknown,
    hadIterator: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const existence = await this.#existence(signal);
    // The lease is replaced soon, which aborts this reader.
    if (existence === "replaced") return await untilAborted(signal);
    if (!existence) return;
    if (hadIterator) return await this.#retry(cause, signal);
    const { shardId, cursor, options: { from, client, clock } } = this.#parts;
    const remedy = remedyFor({
      cause,
      shardId,
      position: cursor.position,
      from,
      serviceNow: client.serviceNow?.(),
    });
    if (remedy.type === "fail") throw remedy.error;
    if (remedy.type === "again") return await this.#retry(cause, signal);
    const ms = remedy.type === "wait" ? remedy.ms : 0;
    this.#report(cause, ms);
    if (remedy.type === "oldest") cursor.moveToOldest();
    this.#parts.vitals.plan();
    await delay(ms, { clock, signal });
  }

  /** Resolves with `undefined`, after a pause, if the list of shards could not be read. */
  async #existence(signal: AbortSignal): Promise<Existence | undefined> {
    try {
      return await raceAbort(this.#parts.existence(), signal);
    } catch (error) {
      if (signal.aborted || !mayHelp(error)) throw error;
      await this.#retry(error, signal);
      return undefined;
    }
  }

  async #retry(cause: unknown, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts.options;
    const pauseMs = this.#failures.pauseAfter(cause);
    this.#report(cause, pauseMs);
    this.#parts.vitals.enter("backoff");
    await delay(pauseMs, { clock, signal });
  }

  #report(error: unknown, retryDelayMs: number): void {
    const { shardId, options: { hooks, stream } } = this.#parts;
    const attempt = Math.max(1, this.#failures.length);
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error,
      attempt,
      retryDelayMs,
    });
  }
}

/**
 * Whether another attempt may succeed. ResourceInUseException means that the stream is being
 * created or changed.
 */
function mayHelp(error: unknown): boolean {
  return error instanceof KinesisError && error.retryable ||
    hasCode(error, IN_USE);
}
