/**
 * The part of Deno KV that the checkpointer uses, in types of our own: those of Deno are unstable and unknown elsewhere.
 *
 * @module
 */

/** A key as this module writes it. */
export type KvStoreKey = string[];

/** What a key holds; both fields are `null` when it holds nothing. */
export interface KvStoreEntry {
  /** What is stored. */
  readonly value: unknown;
  /** Changes with every write of the key. */
  readonly versionstamp: string | null;
}

/** Writes that happen together, if all checks pass, or not at all. */
export interface KvStoreAtomic {
  /** Demands that the key has this version; `null`: that it holds nothing. */
  check(
    check: { key: KvStoreKey; versionstamp: string | null },
  ): KvStoreAtomic;
  /** Stores a value. */
  set(key: KvStoreKey, value: unknown): KvStoreAtomic;
  /** Removes a key. */
  delete(key: KvStoreKey): KvStoreAtomic;
  /** Does it; `ok` is false when a check failed. */
  commit(): Promise<{ ok: boolean }>;
}

/** The part of `Deno.Kv` that is used here. A `Deno.Kv` is one; so is anything with the same methods and meaning. */
export interface KvStore {
  /** Reads one key, strongly consistent. */
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

/** Whether a value looks like a store. */
export function isKvStore(value: unknown): value is KvStore {
  const kv = value as Partial<KvStore> | null | undefined;
  return typeof kv?.get === "function" && typeof kv.list === "function" &&
    typeof kv.atomic === "function";
}

/** A key for messages. */
export function showKey(key: readonly unknown[]): string {
  const parts = key.map((part) =>
    typeof part === "string" ? JSON.stringify(part) : String(part)
  );
  return `[${parts.join(", ")}]`;
}
