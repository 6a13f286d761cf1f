/**
 * Conditional writes to Deno KV that wait while another process writes to the same file.
 *
 * @module
 */
import { type Clock, delay } from "../_core/clock.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type { KvStore, KvStoreAtomic } from "./_kv_store.ts";

/** Most attempts of a write while another process locks the file: about 4 seconds in all. */
const LOCK_ATTEMPTS = 100;
/** The longest wait between two attempts, in milliseconds. Most disks write faster than that. */
const LOCK_WAIT_MS = 50;

/** Options of {@linkcode commit}. */
export interface KvCommitOptions {
  /** Times the waits. */
  clock: Clock;
  /** Spreads the waits: a number from 0 to below 1. */
  random: () => number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** Commits a write. Resolves with whether its checks passed. */
export async function commit(
  kv: KvStore,
  compose: (atomic: KvStoreAtomic) => KvStoreAtomic,
  { clock, random, signal }: KvCommitOptions,
): Promise<boolean> {
  for (let attempt = 1;; attempt++) {
    try {
      signal?.throwIfAborted();
      const written = compose(kv.atomic()).commit();
      return (await raceAbort(written, signal)).ok;
    } catch (error) {
      if (attempt === LOCK_ATTEMPTS || !isLocked(error)) throw error;
    }
    const longest = Math.min(LOCK_WAIT_MS, 2 ** attempt);
    await delay(longest * (1 + random()) / 2, { clock, signal });
  }
}

/**
 * Whether the write did not happen because another connection was writing to the same SQLite
 * file. Deno KV reads and then writes in one transaction, and SQLite does not let such a
 * transaction wait for the lock. Only the message of the error tells this.
 */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message === "database is locked";
}
