/**
 * A checkpointer on Deno KV: a SQLite file on one machine, or the database of Deno Deploy.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { type Clock, delay, systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { StoredLeaseError } from "../errors.ts";
import type { Checkpoint, FencingToken } from "../records.ts";
import { applicationName } from "./_application_name.ts";
import {
  type EffectContext,
  type EffectPlace,
  type EffectRecord,
  effectsMoved,
  effectsRefused,
  freshOf,
  placeOf,
  positionOf,
} from "./_effects.ts";
import { commit } from "./_kv_commit.ts";
import {
  isKvStore,
  type KvStore,
  type KvStoreAtomic,
  type KvStoreKey,
  showKey,
} from "./_kv_store.ts";
import { decodeLease, encodeLease } from "./_stored_lease.ts";
import {
  checkpointing,
  creating,
  isCurrent,
  releasing,
  renewing,
  replacing,
  requesting,
  taking,
  type Transition,
} from "./_transitions.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  HolderCallOptions,
  Lease,
  NewLease,
} from "./checkpointer.ts";

/** Options of {@linkcode KvCheckpointer}. */
export interface KvCheckpointerOptions<K extends KvStore = KvStore> {
  /** The store, such as `await Deno.openKv("./checkpoints.sqlite3")`. The caller closes it. */
  kv: K;
  /**
   * The name of the application, 1 to 256 characters. Consumers with the same name and store share
   * the shards of a stream. Consumers with different names each read the whole stream.
   */
  name: string;
  /** Times the waits for other processes that write to the file. Default: the runtime's clock. */
  clock?: Clock;
  /**
   * Spreads those waits: a number from 0 to below 1.
   * @default {Math.random}
   */
  random?: () => number;
}

/** Options of a write, and what it writes beside the lease, in the same operation. */
interface WriteOptions extends CheckpointerCallOptions {
  readonly beside?: (atomic: KvStoreAtomic, next: Lease) => KvStoreAtomic;
}

const check = new OptionCheck("Cannot create KvCheckpointer");
/** The largest batch that Deno KV allows. */
const LIST_BATCH = 500;
/**
 * Most attempts of one write. Another one follows if the row has changed since it was read and the
 * write is still accepted: a worker has asked the holder for the lease meanwhile.
 */
const MAX_COMMITS = 4;
/** Most operations of one commit of effects: about 10 seconds in all. */
const MAX_EFFECT_COMMITS = 20;
/** The waits between them. Other programs that write the same keys need some time. */
const EFFECT_BACKOFF = { baseMs: 5, maxMs: 1000 };

/**
 * Keeps leases in Deno KV. One row for each shard:
 *
 * - key: `["@webstreams/kinesis", "lease", name, streamName, shardId]`
 * - value: `{ format: 1, owner?, counter, checkpoint, parentShardIds, startingSequenceNumber?,
 *   hashKeyRange?, requestedBy?, load? }`,
 *   plain data, usually below 1 KiB of the 64 KiB that a value may have
 *
 * Durability: with a SQLite file, a write that has resolved is synced to the disk (one fsync for
 * each write), so it survives the end of the process at any instruction. Several processes of one
 * machine may open the same file. The file must not lie on a network file system. A write waits
 * up to about 4 seconds while another process writes. On Deno Deploy the statement of the
 * platform holds. `Deno.openKv(":memory:")` keeps nothing.
 *
 * Deno KV cannot end a call that has begun. If a signal aborts, the promise rejects at once, and a
 * write that was already handed over may still happen.
 *
 * @example Resume after a restart
 * ```ts
 * import { KvCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { assertEquals } from "@std/assert";
 *
 * const kv = await Deno.openKv(":memory:"); // in production, the path of a file
 * const before = new KvCheckpointer({ kv, name: "billing" });
 * await before.create({
 *   streamName: "orders",
 *   shardId: "shardId-000000000000",
 *   checkpoint: { type: "TRIM_HORIZON" },
 *   parentShardIds: [],
 * });
 * const [found] = await before.list("orders");
 * const held = await before.take(found!, "worker-1");
 * await before.checkpoint(held!, { type: "SEQUENCE", sequenceNumber: "49590338271490256608559692538361571095921575989136588898" });
 *
 * const after = new KvCheckpointer({ kv, name: "billing" });
 * const [resumed] = await after.list("orders");
 * assertEquals(resumed?.checkpoint, {
 *   type: "SEQUENCE",
 *   sequenceNumber: "49590338271490256608559692538361571095921575989136588898",
 * });
 * kv.close();
 * ```
 */
export class KvCheckpointer<K extends KvStore = KvStore>
  implements Checkpointer {
  readonly #kv: K;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #random: () => number;

  /**
   * Makes a checkpointer; nothing is read or written yet.
   *
   * @throws {TypeError} if `kv` is not a store, for example a promise that was not awaited
   * @throws {RangeError} if `name` is not 1 to 256 characters
   */
  constructor(options: KvCheckpointerOptions<K>) {
    check.object("options", options ?? null, ["kv", "name", "clock", "random"]);
    const { kv, name } = options;
    if (!isKvStore(kv)) {
      const rule = "an object with the methods get, list and atomic " +
        "(did you await Deno.openKv()?)";
      const shown = Object.prototype.toString.call(kv);
      throw new TypeError(check.message("kv", rule, shown));
    }
    this.#kv = kv;
    this.#name = applicationName(check, name);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /**
   * All leases of a stream. Deno KV reads them in batches of 500, so they need not show the same
   * moment.
   *
   * @throws {StoredLeaseError} if a row is damaged or was written by a newer release
   */
  async list(
    streamName: string,
    options: CheckpointerCallOptions = {},
  ): Promise<Lease[]> {
    const { signal } = options;
    signal?.throwIfAborted();
    const prefix = this.#prefix(streamName);
    const rows = this.#kv.list({ prefix }, { batchSize: LIST_BATCH })
      [Symbol.asyncIterator]();
    const leases: Lease[] = [];
    while (true) {
      signal?.throwIfAborted();
      const { done, value: row } = await raceAbort(rows.next(), signal);
      if (done) return leases;
      const shardId = row.key[prefix.length];
      if (typeof shardId !== "string" || row.key.length > prefix.length + 1) {
        const key = showKey(row.key);
        throw new StoredLeaseError(
          `Cannot use the lease at ${key} as that is not the key of one: delete the row`,
          { code: "LeaseDamaged", streamName, shardId: `${shardId}`, key },
        );
      }
      leases.push(this.#decode(row.value, streamName, shardId));
    }
  }

  /**
   * Stores a lease if there is none for that shard. Resolves with whether it did.
   *
   * @throws {TypeError} if the lease has an empty id or a checkpoint that is not one, or is too
   * large for Deno KV
   */
  async create(
    lease: NewLease,
    options: CheckpointerCallOptions = {},
  ): Promise<boolean> {
    const row = encodeLease(creating(lease));
    const key = this.#key(lease);
    return await this.#commit(
      (atomic) => atomic.check({ key, versionstamp: null }).set(key, row),
      options.signal,
    );
  }

  /**
   * Makes `owner` the holder. Resolves with the stored lease, or with `undefined` if its counter
   * has moved.
   *
   * @throws {TypeError} if the owner is empty, or too large for Deno KV
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return this.#write(lease, taking(lease, owner), {
      ...options,
      beside: (atomic, { counter }) =>
        atomic.set(this.#holderKey(lease), { owner, counter }),
    });
  }

  /**
   * Adds 1 to the counter. Resolves with the stored lease, or with `undefined` if the lease is
   * lost.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  renew(
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return this.#write(lease, renewing(lease, options), options);
  }

  /**
   * Sets the checkpoint. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {TypeError} if the checkpoint is not one, for example has an invalid date
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    return this.#write(
      lease,
      checkpointing(lease, checkpoint, options),
      options,
    );
  }

  /**
   * Removes the owner. Resolves with the stored lease, or with `undefined` if the lease is lost.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return this.#write(lease, releasing(lease), options);
  }

  /**
   * Asks the holder for the lease, or withdraws that. Resolves with the stored lease, or with
   * `undefined` if its owner or requester is another one.
   *
   * @throws {TypeError} if the requester is empty, or too large for Deno KV
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return this.#write(lease, requesting(lease, requester), options);
  }

  /**
   * Replaces the lease by another one if its counter has not moved. Resolves with whether it did.
   *
   * @throws {TypeError} if `next` has a checkpoint that is not one, or is too large for Deno KV
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const replaced = this.#write(lease, replacing(lease, next), {
      ...options,
      beside: (atomic) => this.#forgetEffects(atomic, lease),
    });
    return await replaced !== undefined;
  }

  /**
   * Deletes the lease if its counter has not moved. Resolves with whether it did.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async delete(
    lease: Lease,
    options: CheckpointerCallOptions = {},
  ): Promise<boolean> {
    const { signal } = options;
    const found = await this.#read(lease, signal);
    if (!found || !isCurrent(found.stored, lease)) return false;
    const { key, versionstamp } = found;
    return await this.#commit(
      (atomic) =>
        this.#forgetEffects(
          atomic.check({ key, versionstamp }).delete(key),
          lease,
        ),
      signal,
    );
  }

  /**
   * Stores the effects of values and the position of the last value in one atomic operation. `work`
   * gets the values whose effects are not committed yet, and the operation, to which it adds its
   * own checks and writes. If there are no such values, it is not called.
   *
   * If another worker has taken the lease since the handler was called, nothing is stored. So each
   * value has its effects exactly once, whenever a process dies, and whichever worker it is read by.
   *
   * If a check that `work` has added fails, because another program has written that key, `work` is
   * called again with a new operation, after a pause and 20 times at most: read the keys in `work`.
   * The values of a shard must be processed in order: `ordering: "shard"`, the default of {@linkcode
   * Consumer.processBatches}. A part of a batch is committed from its first value on. Deno KV allows
   * 100 checks and 1000 writes in an operation, of which this method needs 2 checks and 1 write: so
   * with a check for each value, `maxValues` must not be more than 98.
   *
   * @param records the values that the handler got, or the first ones of them
   * @param context the context that the handler got
   * @throws {LeaseLostError} if another worker has the lease; nothing is stored then
   * @throws {KinesisError} with the code `EffectsConflict` if the checks fail 20 times
   * @throws {TypeError} if a record is not one of the call, if an earlier value of the call is left
   * out, or if `ordering` is not `"shard"`
   */
  async commit<R extends EffectRecord>(
    records: R | readonly R[],
    context: EffectContext,
    work: (fresh: R[], atomic: ReturnType<K["atomic"]>) => unknown,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<void> {
    const all = Array.isArray(records) ? records as R[] : [records as R];
    const place = placeOf(all, context, work);
    const { owner, counter } = context.fencingToken;
    const holderKey = this.#holderKey(place);
    const effectsKey = this.#effectsKey(place);
    for (let tries = 1; tries <= MAX_EFFECT_COMMITS; tries++) {
      signal?.throwIfAborted();
      context.signal.throwIfAborted();
      const [holder, effects] = await Promise.all([
        raceAbort(this.#kv.get(holderKey), signal),
        raceAbort(this.#kv.get(effectsKey), signal),
      ]);
      const now = holder.value as FencingToken | null;
      if (now?.owner !== owner || now.counter !== counter) {
        throw effectsRefused(place);
      }
      const position = effects.value as string | null;
      const fresh = freshOf(all, position ?? undefined, context);
      if (fresh.length === 0) return;
      const atomic = this.#kv.atomic() as ReturnType<K["atomic"]>;
      await work(fresh, atomic);
      atomic.check({ key: holderKey, versionstamp: holder.versionstamp })
        .check({ key: effectsKey, versionstamp: effects.versionstamp })
        .set(effectsKey, positionOf(fresh));
      // Composed once, and committed again while another process locks the file.
      if (await this.#commit(() => atomic, signal)) return;
      await delay(equalJitter(EFFECT_BACKOFF, tries, this.#random), {
        clock: this.#clock,
        signal: context.signal,
      });
    }
    throw effectsMoved(place, MAX_EFFECT_COMMITS);
  }

  async #write(
    lease: Lease,
    transition: Transition,
    { signal, beside = (atomic) => atomic }: WriteOptions = {},
  ): Promise<Lease | undefined> {
    for (let commits = 0; commits < MAX_COMMITS; commits++) {
      const found = await this.#read(lease, signal);
      const next = found && transition(found.stored);
      if (!found || !next) return undefined;
      const { key, versionstamp } = found;
      const row = encodeLease(next);
      // If another worker has written the row since it was read, its version differs and the check
      // fails.
      const ok = await this.#commit(
        (atomic) =>
          beside(atomic.check({ key, versionstamp }).set(key, row), next),
        signal,
      );
      if (ok) return this.#decode(row, lease.streamName, lease.shardId);
    }
    return undefined;
  }

  #commit(
    compose: (atomic: KvStoreAtomic) => KvStoreAtomic,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const waiting = { clock: this.#clock, random: this.#random, signal };
    return commit(this.#kv, compose, waiting);
  }

  async #read(lease: Lease, signal: AbortSignal | undefined): Promise<
    { key: KvStoreKey; versionstamp: string; stored: Lease } | undefined
  > {
    const { streamName, shardId } = lease;
    const key = this.#key(lease);
    signal?.throwIfAborted();
    const entry = await raceAbort(this.#kv.get(key), signal);
    if (entry.versionstamp === null) return undefined;
    return {
      key,
      versionstamp: entry.versionstamp,
      stored: this.#decode(entry.value, streamName, shardId),
    };
  }

  #decode(value: unknown, streamName: string, shardId: string): Lease {
    const key = showKey(this.#key({ streamName, shardId }));
    return decodeLease(value, { streamName, shardId, key });
  }

  #forgetEffects(atomic: KvStoreAtomic, place: EffectPlace): KvStoreAtomic {
    return atomic.delete(this.#holderKey(place))
      .delete(this.#effectsKey(place));
  }

  /** Has the holder, and the counter when it took the lease. Changes with each holder only. */
  #holderKey({ streamName, shardId }: EffectPlace): KvStoreKey {
    return ["@webstreams/kinesis", "holder", this.#name, streamName, shardId];
  }

  /** Has the position of the last value whose effects were committed. */
  #effectsKey({ streamName, shardId }: EffectPlace): KvStoreKey {
    return ["@webstreams/kinesis", "effects", this.#name, streamName, shardId];
  }

  #prefix(streamName: string): KvStoreKey {
    return ["@webstreams/kinesis", "lease", this.#name, streamName];
  }

  #key(of: { streamName: string; shardId: string }): KvStoreKey {
    return [...this.#prefix(of.streamName), of.shardId];
  }
}
