/**
 * A checkpointer on Redis, over the client that the application uses already.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type { Checkpoint } from "../records.ts";
import { applicationName } from "./_application_name.ts";
import {
  type RedisClient,
  type RunScript,
  scriptRunner,
} from "./_redis_client.ts";
import { type FieldText, RedisHash } from "./_redis_hash.ts";
import { orRefusal } from "./_store_refusal.ts";
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

/** Options of {@linkcode RedisCheckpointer}. */
export interface RedisCheckpointerOptions {
  /**
   * A client of `npm:ioredis` (`Redis` or `Cluster`) or of `npm:redis` (`createClient()`,
   * `createCluster()`, `createClientPool()` or `createSentinel()`). The caller connects and closes
   * it.
   */
  redis: RedisClient;
  /**
   * The name of the application, 1 to 256 characters. Consumers with the same name and Redis share
   * the shards of a stream. Consumers with different names each read the whole stream.
   */
  name: string;
}

const check = new OptionCheck("Cannot create RedisCheckpointer");

/**
 * Most swaps of one write: one on the assumption that a row is unchanged, and one on what the first
 * one has found. Two more, because a worker that asks the holder for the lease changes the row and
 * not the counter. After that the write is refused.
 */
const MAX_SWAPS = 4;

/** A shard of a stream. */
type Place = Pick<Lease, "streamName" | "shardId">;

/** What a write does to a row. */
type Decision = { readonly after: FieldText };

/** Decides about a write from the stored lease. `undefined` refuses it. */
type Decide = (stored: Lease) => Decision | undefined;

/**
 * Keeps leases in Redis, on one server or in a cluster. All leases of a stream are one hash:
 *
 * - key: `@webstreams/kinesis:lease:<name>:<streamName>`, with `%` and `:` of the name escaped as
 *   `%25` and `%3A`
 * - field: the id of the shard
 * - value: JSON, `{ "format": 1, "owner"?, "counter", "checkpoint", "parentShardIds",
 *   "startingSequenceNumber"?, "hashKeyRange"?, "requestedBy"?, "load"?, "version" }`, usually below 1 KiB. `version` differs for every write
 *
 * Every write is one Lua script on that one key, so Redis runs it atomically, and in a cluster on
 * one node. The script replaces a value only if the stored value is, to the last character, the one
 * that the write was decided on: its owner, its counter and all the rest. A client that sends a
 * script again after it has lost the connection does no harm. The script recognizes the value that
 * it has stored itself by `version`, and answers as it did before.
 *
 * Durability: that of the server. With `appendfsync always` a write that has resolved survives a
 * crash of the server. With `everysec` the last second or two may be lost. Replication is
 * asynchronous, so a failover may lose writes that have resolved. A lost checkpoint causes repeated
 * values, never skipped ones. The server must not evict the keys, which have no time to live: use
 * the `maxmemory-policy` `noeviction` or one of `volatile-…`.
 *
 * The clients cannot end a command that was sent. If a signal aborts, the promise rejects at once,
 * and the write may still happen.
 *
 * Errors of the client and of the server (`READONLY`, `OOM`, `NOPERM`, a lost connection) reject
 * unchanged. After such an error no write is sent again.
 *
 * @example With `npm:ioredis`, or with `npm:redis`
 * ```ts
 * import { RedisCheckpointer } from "@webstreams/kinesis/checkpoint";
 * import { assertThrows } from "@std/assert";
 * import { Redis } from "ioredis";
 * import { createClient } from "redis";
 *
 * const redis = new Redis("redis://localhost:6379", { lazyConnect: true });
 * const checkpointer = new RedisCheckpointer({ redis, name: "billing" });
 * // const consumer = new Consumer({ streamName: "orders", checkpointer, … });
 *
 * const client = createClient({ url: "redis://localhost:6379" }); // then: await client.connect()
 * new RedisCheckpointer({ redis: client, name: "billing" });
 *
 * const transaction = client.multi() as never; // refused: its calls have no answers of their own
 * assertThrows(() => new RedisCheckpointer({ redis: transaction, name: "billing" }), TypeError);
 * ```
 */
export class RedisCheckpointer implements Checkpointer {
  readonly #run: RunScript;
  readonly #name: string;
  /** Starts the `version` of every value that this instance writes. */
  readonly #writer: string = crypto.randomUUID();
  #writes = 0;
  /**
   * The stored value that a lease was read from. A write of this lease first assumes that the value
   * is still stored, which saves reading it. If the assumption is wrong, the script says so.
   */
  readonly #rows = new WeakMap<Lease, string>();

  /**
   * Makes a checkpointer; nothing is read or written yet.
   *
   * @throws {TypeError} if `redis` is not a client of `npm:ioredis` or `npm:redis`
   * @throws {RangeError} if `name` is not 1 to 256 characters
   */
  constructor(options: RedisCheckpointerOptions) {
    check.object("options", options ?? null, ["redis", "name"]);
    const { redis, name } = options;
    const run = scriptRunner(check, redis);
    this.#run = (...call) => orRefusal("Redis", () => run(...call));
    this.#name = applicationName(check, name);
  }

  /**
   * All leases of a stream, as they are at one moment.
   *
   * @throws {StoredLeaseError} if a row is damaged or was written by a newer release
   */
  async list(
    streamName: string,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<Lease[]> {
    signal?.throwIfAborted();
    const rows = await raceAbort(this.#hash(streamName).entries(), signal);
    return rows.map(([shardId, row]) =>
      this.#decode(row, { streamName, shardId })
    );
  }

  /**
   * Stores a lease if there is none for that shard. Resolves with whether it did.
   *
   * @throws {TypeError} if the lease has an empty id or a checkpoint that is not one
   */
  async create(
    lease: NewLease,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<boolean> {
    signal?.throwIfAborted();
    const row = this.#encode(creating(lease));
    const hash = this.#hash(lease.streamName);
    const swap = hash.swap(lease.shardId, undefined, row);
    const { done } = await raceAbort(swap, signal);
    return done;
  }

  /**
   * Makes `owner` the holder. Resolves with the stored lease, or with `undefined` if its counter
   * has moved.
   *
   * @throws {TypeError} if the owner is empty
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    return this.#write(lease, taking(lease, owner), options);
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
   * @throws {TypeError} if the requester is empty
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
   * @throws {TypeError} if `next` has a checkpoint that is not one
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const replaced = this.#write(lease, replacing(lease, next), options);
    return await replaced !== undefined;
  }

  /**
   * Deletes the lease if its counter has not moved. Resolves with whether it did. If the client
   * sends the script again after a lost connection, the call may resolve with `false` although its
   * first script has deleted the lease.
   *
   * @throws {StoredLeaseError} if the row is damaged or was written by a newer release
   */
  async delete(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const deleted = this.#change(
      lease,
      (stored) => isCurrent(stored, lease) ? { after: undefined } : undefined,
      options,
    );
    return await deleted !== undefined;
  }

  async #write(
    lease: Lease,
    transition: Transition,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const made = await this.#change(lease, (stored) => {
      const next = transition(stored);
      return next && { after: this.#encode(next) };
    }, options);
    return made?.after === undefined
      ? undefined
      : this.#decode(made.after, lease);
  }

  /** Resolves with what was decided and done, or with `undefined` if the write was refused. */
  async #change(
    lease: Lease,
    decide: Decide,
    { signal }: CheckpointerCallOptions = {},
  ): Promise<Decision | undefined> {
    signal?.throwIfAborted();
    const { shardId } = lease;
    const hash = this.#hash(lease.streamName);
    const decideOn = (row: FieldText) =>
      row === undefined ? undefined : decide(this.#decode(row, lease));
    let before = this.#rows.get(lease);
    let decision = decideOn(before);
    if (!decision) {
      before = await raceAbort(hash.get(shardId), signal);
      decision = decideOn(before);
    }
    for (let swaps = 0; decision && swaps < MAX_SWAPS; swaps++) {
      signal?.throwIfAborted();
      const swap = await raceAbort(
        hash.swap(shardId, before, decision.after),
        signal,
      );
      if (swap.done) return decision;
      before = swap.stored;
      decision = decideOn(before);
    }
    return undefined;
  }

  #encode(lease: Lease): string {
    const version = `${this.#writer}-${this.#writes++}`;
    return JSON.stringify({ ...encodeLease(lease), version });
  }

  #decode(row: string, { streamName, shardId }: Place): Lease {
    const hashKey = JSON.stringify(this.#hash(streamName).key);
    const key = `field ${JSON.stringify(shardId)} of ${hashKey}`;
    const lease = decodeLease(parsed(row), { streamName, shardId, key });
    this.#rows.set(lease, row);
    return lease;
  }

  #hash(streamName: string): RedisHash {
    // Escaped, so that no two pairs of name and stream have the same key.
    const name = this.#name.replaceAll("%", "%25").replaceAll(":", "%3A");
    const key = `@webstreams/kinesis:lease:${name}:${streamName}`;
    return new RedisHash(this.#run, key);
  }
}

/** The value of a JSON text; `undefined`, which is no lease, if it is not JSON. */
function parsed(row: string): unknown {
  try {
    return JSON.parse(row);
  } catch {
    return undefined;
  }
}
