/**
 * Empties a shard before its lease is passed on.
 *
 * @module
 */
import { type Deferred, deferred } from "../../_core/deferred.ts";
import type { ShardProgress } from "./shard_progress.ts";

/** Hands out nothing any more, and waits for the values that are handed out. */
export class ShardDrain {
  readonly #progress: Pick<ShardProgress, "unacknowledged">;
  readonly #begun = new AbortController();
  readonly #settled: Deferred<void> = deferred();

  /** Does not begin yet. */
  constructor(progress: Pick<ShardProgress, "unacknowledged">) {
    this.#progress = progress;
  }

  /** Aborts when the shard is to be emptied. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /** Whether no further value is handed out. */
  get hasBegun(): boolean {
    return this.#begun.signal.aborted;
  }

  /** Begins, and resolves when all values that are handed out are acknowledged, or left. */
  begin(): Promise<void> {
    this.#begun.abort();
    this.check();
    return this.#settled.promise;
  }

  /** Call it after an acknowledgement. */
  check(): void {
    if (this.hasBegun && this.#progress.unacknowledged === 0) this.settle();
  }

  /** Notes that the values without an acknowledgement will not be processed by this worker. */
  settle(): void {
    this.#settled.resolve();
  }
}
