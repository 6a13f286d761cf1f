/**
 * From packed records to requests: which shard, in what order, how fast, and when a batch that is not full goes.
 *
 * @module
 */
import { KinesisError } from "../errors.ts";
import type { EncodedRecord } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Pending } from "./pending.ts";
import { type Outgoing, type RecordKeys, SendQueue } from "./send_queue.ts";
import { Sender, type SenderEvents } from "./sender.ts";
import { ShardRoutes } from "./shard_routes.ts";

/** Told what happens to records; `idle` means that there may be more to do. */
export interface DispatcherEvents<T> extends SenderEvents<T> {
  /** Other shards are going to be predicted; it waits for the promise, if any. */
  changing(): void | Promise<void>;
}

/** Sends records. */
export class Dispatcher<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #events: DispatcherEvents<T>;
  readonly #routes: ShardRoutes;
  readonly #queue: SendQueue<T>;
  readonly #sender: Sender<T>;
  #live = false;
  #bytes = 0;
  /** Records that were packed so far, and up to which of them all are to be sent without waiting for a full batch. */
  #seq = 0;
  #due = 0;
  #limitTimer: { readonly handle: unknown; readonly at: number } | undefined;

  /** Makes a dispatcher; `signal` ends all requests and waits. */
  constructor(
    options: ResolvedProducerOptions<T>,
    events: DispatcherEvents<T>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#events = events;
    const { ordering, processor, lingerMs, clock } = options;
    this.#routes = new ShardRoutes(options, signal, {
      changing: () => events.changing(),
      changed: () => {
        this.#queue.reroute(clock.now());
        events.idle();
      },
    });
    this.#queue = new SendQueue<T>({
      rates: options.shardRates,
      quantumMs: Math.min(100, Math.max(10, lingerMs)),
      route: (keys) => this.shardOf(keys),
      groupsOf: (keys) => this.#groupsOf(keys),
      groupsFollowShards: ordering === "shard" ||
        ordering === "key" && processor.scope === "shard",
    });
    this.#sender = new Sender(options, this.#queue, {
      ...events,
      delivered: (item, receipt) => {
        this.#bytes -= item.record.size;
        this.#routes.observe(item.record, item.shardId, receipt.shardId);
        events.delivered(item, receipt);
      },
      failed: (item, error) => this.#failed(item, error),
    }, signal);
  }

  /** Learns the shards; nothing is sent before. Rejects if there is no such stream. */
  async start(): Promise<void> {
    await this.#routes.start();
    this.#live = true;
    this.#queue.reroute(this.#options.clock.now());
  }

  /** The shards are known, or cannot be. */
  get live(): boolean {
    return this.#live;
  }

  /** Bytes of records that are not settled. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What sends the requests, for its numbers. */
  get sender(): Pick<
    Sender<T>,
    "inFlight" | "ready" | "requests" | "retried" | "throttled"
  > {
    return this.#sender;
  }

  /** Whether there is enough to send without waiting for more. */
  get batchIsFull(): boolean {
    const { maxBatchRecords, maxBatchBytes } = this.#options;
    return this.#queue.openRecords >= maxBatchRecords ||
      this.#queue.openBytes >= maxBatchBytes;
  }

  /** Whether some records may still wait for others to fill a batch. */
  get waitsForMore(): boolean {
    return this.#seq > this.#due;
  }

  /** The shard that a record with these keys is predicted to go to. */
  shardOf(keys: RecordKeys): string | undefined {
    return this.#routes.shardOf(keys.partitionKey, keys.explicitHashKey);
  }

  /** Adds a record behind all others. */
  add(record: EncodedRecord<Pending<T>>): void {
    this.#bytes += record.size;
    const item: Outgoing<T> = {
      record,
      groups: [],
      shardId: undefined,
      attempts: 0,
      seq: ++this.#seq,
    };
    for (const pending of record.puts) pending.sending = item;
    this.#queue.push(item);
  }

  /** All records that were added so far are to be sent, full batch or not. */
  makeDue(): void {
    this.#due = this.#seq;
  }

  /** Sends what may go now. */
  pump(): void {
    const { clock, maxBatchBytes, maxBatchRecords } = this.#options;
    const limits = { maxRecords: maxBatchRecords, maxBytes: maxBatchBytes };
    const now = clock.now();
    this.#expire(now);
    while (
      this.#sender.ready &&
      (this.batchIsFull || this.#queue.hasDue(this.#due, now))
    ) {
      const batch = this.#queue.take(limits, now);
      if (batch.length === 0) break;
      this.#sender.send(batch);
    }
    this.#wakeForLimits(now);
  }

  /** Forgets its timer. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#limitTimer?.handle);
  }

  #groupsOf(keys: RecordKeys): readonly string[] {
    const { ordering, processor } = this.#options;
    if (ordering === "none") return [];
    if (ordering === "key" && processor.scope !== "shard") {
      return [keys.partitionKey];
    }
    return [this.shardOf(keys) ?? ""];
  }

  #failed(item: Outgoing<T>, error: KinesisError): void {
    this.#bytes -= item.record.size;
    this.#events.failed(item, error);
  }

  // Only while a request could be sent: its end is a wake-up too, and a timer that can do nothing would spin.
  #wakeForLimits(now: number): void {
    if (this.#queue.blockedRecords === 0 || !this.#sender.ready) return;
    const { clock } = this.#options;
    const wait = Math.max(1, this.#queue.nextIn(now) ?? 0);
    if (this.#limitTimer) {
      if (this.#limitTimer.at <= now + wait) return;
      clock.clearTimeout(this.#limitTimer.handle);
    }
    const handle = clock.setTimeout(() => {
      this.#limitTimer = undefined;
      this.#events.idle();
    }, wait);
    this.#limitTimer = { handle, at: now + wait };
  }

  #expire(now: number): void {
    const { recordTtlMs } = this.#options;
    if (recordTtlMs === Infinity) return;
    // Those behind an expired one come forward, and may have expired too.
    for (;;) {
      const expired = this.#queue.takeExpired(now - recordTtlMs);
      if (expired.length === 0) return;
      for (const item of expired) {
        this.#queue.settled(item);
        this.#failed(
          item,
          item.error ?? new KinesisError(
            `Cannot deliver within 'recordTtlMs' of ${recordTtlMs} ms: the record was never sent`,
            { code: "RecordExpired" },
          ),
        );
      }
    }
  }
}
