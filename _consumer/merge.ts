/**
 * One sequence out of many shards: records are pulled from whichever shard has some, each shard in turn.
 *
 * @module
 */
import { deferred } from "../_core/deferred.ts";
import type { Deferred } from "../_core/deferred.ts";
import { KinesisError } from "../errors.ts";
import type { ConsumerRecord } from "../records.ts";
import { Coordinator } from "./coordinator.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import type { SessionStatus, ShardSession } from "./shard_session.ts";

/** How a shard stands. */
export interface ShardStatus extends Partial<Omit<SessionStatus, "state">> {
  /** The shard. */
  shardId: string;
  /** Its parents. */
  parentShardIds: readonly string[];
  /**
   * `waiting`: for its parents, or not claimed yet; `elsewhere`: in the hands of another worker; `opening`, `reading`,
   * `caught-up` (its tip was seen), `ended` (all read, not all acknowledged); `finished`: all processed.
   */
  state: SessionStatus["state"] | "waiting" | "elsewhere" | "finished";
  /** The worker that holds its lease, as last seen. */
  owner?: string;
}

/** How a consumer stands. */
export interface ConsumerStatus {
  /** Every shard that exists, as last seen. */
  shards: ShardStatus[];
  /** Values that were handed out. */
  delivered: number;
  /** Values that were handed out and are not acknowledged in order. */
  unacknowledged: number;
}

/** Pulls from the sessions of a coordinator. */
export class Merge<T> {
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #coordinator: Coordinator<T>;
  readonly #onError: (error: unknown) => void;
  #changed: Deferred<void> | undefined;
  #turn: ShardSession<T>[] = [];
  #delivered = 0;
  #unacknowledged = 0;
  #everAcknowledged = false;
  #failure: { error: unknown } | undefined;
  #closing: Promise<void> | undefined;
  #idleTimer: unknown;
  #idle = false;

  /** `onError` hears once that the stream has failed. */
  constructor(
    options: ResolvedConsumerOptions<T>,
    onError: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#onError = onError;
    this.#coordinator = new Coordinator(options, {
      changed: () => this.#notice(),
      outstanding: (difference) => {
        this.#unacknowledged += difference;
        if (difference < 0) {
          this.#everAcknowledged = true;
          this.#notice();
        }
      },
      failed: (error) => this.#fail(error),
    });
    const { signal } = options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Starts reading; resolves when the first shards have iterators. */
  get ready(): Promise<void> {
    this.#start();
    return this.#coordinator.ready;
  }

  /** The next record; `undefined` at the end. Rejects when the consumer has failed. */
  async next(): Promise<ConsumerRecord<T> | undefined> {
    this.#start();
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#closing) return undefined;
      if (this.#delivered >= this.#options.limit || this.#idle) break;
      if (this.#unacknowledged < this.#options.maxUnacknowledged) {
        const record = await this.#take().catch((error) => this.#fail(error));
        if (record) return record;
        if (this.#failure) continue;
        if (this.#coordinator.isDone) break;
      } else if (!this.#everAcknowledged) {
        this.#fail(neverAcknowledged(this.#unacknowledged));
      }
      if (!this.#failure) await this.#wait();
    }
    await this.#finish();
    return undefined;
  }

  /** How everything stands. */
  status(): ConsumerStatus {
    const { sessions, leases, lineage } = this.#coordinator;
    const shards = [...lineage.shards.keys()].map((shardId): ShardStatus => {
      const lease = leases.get(shardId);
      const { parentShardIds = [], owner } = lease ?? {};
      const session = sessions.get(shardId)?.status();
      if (session) return { shardId, parentShardIds, owner, ...session };
      const finished = lease?.checkpoint.type === "SHARD_END";
      const state = finished ? "finished" : owner ? "elsewhere" : "waiting";
      return { shardId, parentShardIds, owner, state };
    });
    return {
      shards,
      delivered: this.#delivered,
      unacknowledged: this.#unacknowledged,
    };
  }

  /** Stores progress now. */
  checkpoint(): Promise<void> {
    return this.#coordinator.checkpoint();
  }

  /** Stops, stores progress, gives leases back. */
  close(reason: unknown): Promise<void> {
    this.#options.clock.clearTimeout(this.#idleTimer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#closing ??= this.#coordinator.close(reason);
    this.#notice();
    return this.#closing;
  }

  #start(): void {
    if (this.#closing) return;
    this.#coordinator.start();
    this.#watchIdleness();
  }

  // One round over all shards before a shard comes again: a busy one does not hide the others.
  async #take(): Promise<ConsumerRecord<T> | undefined> {
    for (let round = 0; round < 2; round++) {
      for (
        let session = this.#turn.pop();
        session;
        session = this.#turn.pop()
      ) {
        if (!session.hasNext) continue;
        const taken = session.take();
        const record = taken instanceof Promise ? await taken : taken;
        if (!record) continue;
        this.#delivered++;
        this.#watchIdleness(true);
        if (!session.hasNext) this.#coordinator.nudge(session);
        return record;
      }
      this.#turn = [...this.#coordinator.sessions.values()].filter((session) =>
        session.hasNext
      );
    }
    return undefined;
  }

  // The last records may still be in the hands of the application: their acknowledgements are worth waiting for.
  async #finish(): Promise<void> {
    if (this.#unacknowledged === 0) await this.close(undefined);
    else this.#closeWhenAcknowledged();
  }

  async #closeWhenAcknowledged(): Promise<void> {
    while (this.#unacknowledged > 0 && !this.#closing) await this.#wait();
    await this.close(undefined).catch(() => {});
  }

  #fail(error: unknown): void {
    if (this.#failure || this.#closing) return;
    this.#failure = { error };
    this.#onError(error);
    this.close(error).catch(() => {});
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal!.reason);

  #notice(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  #wait(): Promise<void> {
    return (this.#changed ??= deferred()).promise;
  }

  #watchIdleness(again = false): void {
    const { idleTimeoutMs, clock } = this.#options;
    if (idleTimeoutMs === Infinity || this.#idle) return;
    if (this.#idleTimer !== undefined && !again) return;
    clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = clock.setTimeout(() => {
      this.#idle = true;
      this.#notice();
    }, idleTimeoutMs);
  }
}

// Waiting would be waiting for ever: this reader does not know that it has to.
function neverAcknowledged(count: number): KinesisError {
  return new KinesisError(
    `Cannot hand out more than ${count} records as not one of them was acknowledged. ` +
      "Call record.ack(), iterate with for await, or pipe into consumer.acknowledging(sink)",
    { code: "NothingAcknowledged" },
  );
}
