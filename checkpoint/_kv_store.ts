/**
 * The part of Deno KV that the checkpointer uses. It has types of its own, because the types of
 * Deno are unstable and unknown in other runtimes.
 *
 * @module
 */

/** A key as this module writes it. */
export type KvStoreKey = string[];

/** The entry of a key. Both fields are `null` if there is none. */
export interface KvStoreEntry {
  /** The stored value. */
  readonly value: unknown;
  /** Changes with every write of the key. */
  readonly versionstamp: string | null;
}

/** Writes that happen together if all checks pass, and otherwise not at all. */
export interface KvStoreAtomic {
  /** Requires that the key has this version, or with `null` that it has no entry. */
  check(
    check: { key: KvStoreKey; versionstamp: string | null },
  ): KvStoreAtomic;
  /** Stores a value. */
  set(key: KvStoreKey, value: unknown): KvStoreAtomic;
  /** Deletes the entry of a key. */
  delete(key: KvStoreKey): KvStoreAtomic;
  /** Runs the checks and writes. `ok` is false if a check failed. */
  commit(): Promise<{ ok: boolean }>;
}

/** A `Deno.Kv`, or any object with these methods and the same meaning. */
export interface KvStore {
  /** Reads one key with strong consistency. */
  get(key: KvStoreKey): Promise<KvStoreEntry>;
  /** Reads all keys that start with these parts. */
  list(
    selector: { prefix: KvStoreKey },
    options?: { batchSize?: number },
  ): AsyncIterable<
    { readonly key: readonly unknown[]; readonly value: unknown }
  >;
  /** Begins a conditional write. */
  atomic(): KvStoreAtomic;
}

/** Whether a value has the methods of a store. */
export function isKvStore(value: unknown): value is KvStore {
  const kv = value as Partial<KvStore> | null | undefined;
  return typeof kv?.get === "function" && typeof kv.list === "function" &&
    typeof kv.atomic === "function";
}

/** Formats a key for a message. */
export function showKey(key: readonly unknown[]): string {
  const parts = key.map((part) =>
    typeof part === "string" ? JSON.stringify(part) : String(part)
  );
  return `[${parts.join(", ")}]`;
}
