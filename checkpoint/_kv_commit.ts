/**
 * Conditional writes to Deno KV that wait while another process writes to the same file.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { retry } from "../_core/retry.ts";
import type { KvStore, KvStoreAtomic } from "./_kv_store.ts";

/** Most attempts of a write while another process locks the file: about 4 seconds in all. */
const LOCK_ATTEMPTS = 100;
/** The waits between two attempts. Most disks write faster than the longest of them. */
const LOCK_BACKOFF = { baseMs: 2, maxMs: 50 };

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
  const { ok } = await retry(async () => {
    signal?.throwIfAborted();
    return await raceAbort(compose(kv.atomic()).commit(), signal);
  }, {
    backoff: LOCK_BACKOFF,
    maxFailures: LOCK_ATTEMPTS,
    random,
    clock,
    signal,
    mayRetry: isLocked,
  });
  return ok;
}

/**
 * Whether the write did not happen because another connection was writing to the same SQLite
 * file. Deno KV reads and then writes in one transaction, and SQLite does not let such a
 * transaction wait for the lock. Only the message of the error tells this.
 */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message === "database is locked";
}
