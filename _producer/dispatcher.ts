/**
 * From packed records to requests: which shard, in what order, how fast, and when a batch that is not full goes.
 *
 * @module
 */
import { monotonicNow } from "../_core/clock.ts";
import { KinesisError } from "../errors.ts";
import type { EncodedRecord, PutReceipt } from "../records.ts";
import { Backlog } from "./backlog.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Pending, Sending } from "./pending.ts";
import {
  noteFailure,
  type Outgoing,
  type RecordKeys,
  SendQueue,
} from "./send_queue.ts";
import { Sender, type SenderEvents } from "./sender.ts";
import { ShardRoutes } from "./shard_routes.ts";

/** Told what happens to records; `idle` means that there may be more to do. */
export interface DispatcherEvents<T>
  extends Omit<SenderEvents<T>, "misplaced" | "delivered"> {
  /** Kinesis has stored these values. */
  delivered(puts: readonly Pending<T>[], receipt: PutReceipt): void;

  /** Other shards are going to be predicted: from `change` on, which is called once nothing is packed for the old ones. */
  changing(change: () => void): void;
  /** Packs values again, for the shards that are predicted now; `sending` carried them so far. Never rejects. */
  repack(
    puts: readonly Pending<T>[],
    sending: Sending,
  ): Promise<EncodedRecord<Pending<T>>[]>;
}

interface LimitTimer {
  handle: unknown;
  readonly at: number;
}

const NONE: readonly string[] = [];

/** Sends records. */
export class Dispatcher<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #events: DispatcherEvents<T>;
  readonly #routes: ShardRoutes;
  readonly #queue: SendQueue<T>;
  readonly #sender: Sender<T>;
  readonly #signal: AbortSignal;
  #backlog = new Backlog();
  #live = false;
  #bytes = 0;
  /** Records that were packed so far, and up to which of them all are to be sent without waiting for a full batch. */
  #seq = 0;
  #due = 0;
  #limitTimer: LimitTimer | undefined;

  /** Makes a dispatcher; `signal` ends all requests and waits. */
  constructor(
    options: ResolvedProducerOptions<T>,
    events: DispatcherEvents<T>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#events = events;
    const { ordering, processor, lingerMs } = options;
    this.#routes = new ShardRoutes(options, signal, {
      changing: (change) =>
        events.changing(() => {
          change();
          this.#reroute();
        }),
    });
    this.#queue = new SendQueue<T>({
      rates: options.shardRates,
      quantumMs: Math.min(100, Math.max(10, lingerMs)),
      route: (item) =>
        item.version === this.#routes.version
          ? item.shardId
          : this.#shardOfKeys(item.record),
      groupsOf: (keys) => this.#groupsOf(keys),
      groupsFollowShards: ordering === "shard" ||
        ordering === "key" && processor.scope === "shard",
      takesApart: (item) => {
        if (!this.#isScattered(item)) return false;
        this.#takeApart(item);
        return true;
      },
      join: ordering === "none" || processor.scope === "record"
        ? undefined
        : (item, behind) => this.#join(item, behind),
    });
    this.#sender = new Sender(options, this.#queue, {
      ...events,
      delivered: (item, receipt) => {
        this.#release(item);
        this.#routes.observe(item.record, item.shardId, receipt.shardId);
        events.delivered(item.record.puts, receipt);
      },
      failed: (item, error) => this.#failed(item, error),
      misplaced: (item, receipt) => {
        // A prediction that holds for one value of the record holds for all: they were packed for one shard.
        const { puts } = item.record;
        const { scope } = processor;
        if (scope !== "shard" || puts.length === 1) return false;
        if (item.shardId === receipt.shardId || !this.#routes.version) {
          return false;
        }
        this.#sendElsewhere(item, receipt);
        return true;
      },
    }, signal);
    this.#signal = signal;
  }

  /** Learns the shards; nothing is sent before. Rejects if there is no such stream. */
  async start(): Promise<void> {
    await this.#routes.start();
    this.#live = true;
    this.#reroute();
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

  /** How many shards are known to be open. */
  get shardCount(): number {
    return this.#routes.shardCount;
  }

  /** What waits for each shard. */
  get backlog(): Pick<Backlog, "hasRoom"> {
    return this.#backlog;
  }

  /** The shard that a record with these keys is predicted to go to. */
  shardOf(
    partitionKey: string,
    explicitHashKey: string | undefined,
  ): string | undefined {
    return this.#routes.shardOf(partitionKey, explicitHashKey);
  }

  /** Which record carries which value: all that were packed, and neither settled nor given up. */
  sendings(): Map<Pending<T>, Sending> {
    const sendings = new Map<Pending<T>, Sending>();
    for (const item of this.#queue.all()) {
      for (const pending of item.record.puts) sendings.set(pending, item);
    }
    return sendings;
  }

  /** Adds a record behind all others. */
  add(record: EncodedRecord<Pending<T>>): void {
    const seq = ++this.#seq;
    this.#queue.push(
      this.#outgoing(record, { attempts: 0, seq, since: seq, isFull: false }),
    );
  }

  /** All records that were added so far are to be sent, full batch or not. */
  makeDue(): void {
    this.#due = this.#seq;
  }

  /** Sends what may go now. */
  pump(): void {
    const { clock, maxBatchBytes, maxBatchRecords } = this.#options;
    const limits = { maxRecords: maxBatchRecords, maxBytes: maxBatchBytes };
    const now = monotonicNow(clock);
    this.#expire(now);
    while (
      this.#sender.ready &&
      (this.batchIsFull || this.#queue.hasDue(this.#due, now))
    ) {
      const batch = this.#queue.take(limits, now);
      if (batch.length === 0) break;
      this.#routes.keepFresh(now);
      this.#sender.send(batch);
    }
    this.#wakeForLimits(now);
  }

  /** Forgets its timer. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#limitTimer?.handle);
  }

  #shardOfKeys(keys: RecordKeys): string | undefined {
    return this.#routes.shardOf(keys.partitionKey, keys.explicitHashKey);
  }

  #outgoing(
    record: EncodedRecord<Pending<T>>,
    past: Pick<
      Outgoing<T>,
      "attempts" | "seq" | "since" | "place" | "isFull" | "error" | "history"
    >,
  ): Outgoing<T> {
    const { attempts, seq, since, place, isFull, error, history } = past;
    const shardId = this.#shardOfKeys(record);
    this.#bytes += record.size;
    const load = this.#backlog.of(shardId);
    const values = record.puts.length;
    load.records += values;
    load.bytes += record.size;
    return {
      record,
      version: this.#routes.version,
      groups: NONE,
      shardId,
      load,
      values,
      isFull,
      attempts,
      seq,
      since,
      place,
      error,
      history: history && [...history],
      slot: -1,
    };
  }

  #reroute(): void {
    this.#queue.reroute(monotonicNow(this.#options.clock));
    this.#backlog = new Backlog();
    for (const item of this.#queue.all()) {
      const { record, values } = item;
      item.load = this.#backlog.of(this.#shardOfKeys(record));
      item.load.records += values;
      item.load.bytes += record.size;
    }
  }

  #release({ record, load, values }: Outgoing<T>): void {
    this.#bytes -= record.size;
    load.records -= values;
    load.bytes -= record.size;
  }

  // Packed for one shard that has been split since: the hash key of the record would take all its values to one child.
  #isScattered({ record: { puts }, version }: Outgoing<T>): boolean {
    if (puts.length === 1 || version === this.#routes.version) return false;
    if (this.#options.processor.scope !== "shard") return false;
    const shardId = this.#shardOfKeys(puts[0]!);
    return puts.some((put) => this.#shardOfKeys(put) !== shardId);
  }

  #join(item: Outgoing<T>, behind: Outgoing<T>[]): void {
    const puts = [...item.record.puts];
    for (const next of behind) {
      this.#release(next);
      puts.push(...next.record.puts);
    }
    item.record = { ...item.record, puts };
    this.#takeApart(item, behind.at(-1));
  }

  /** Sends the values of a record in others; `last` is the one that they reach up to. */
  async #takeApart(item: Outgoing<T>, last = item): Promise<void> {
    const { puts } = item.record;
    let records: EncodedRecord<Pending<T>>[];
    let version: number;
    do {
      version = this.#routes.version;
      records = await this.#events.repack(puts, item);
    } while (version !== this.#routes.version);
    this.#release(item);
    const { place = [] } = item;
    const parts = records.map((record, i) => {
      const isFull = i < records.length - 1;
      // The last one stands where the last value did, so that places do not grow when it is joined with others in turn.
      return isFull || last === item
        ? this.#outgoing(record, { ...item, isFull, place: [...place, i] })
        : this.#outgoing(record, {
          ...item,
          isFull,
          seq: last.seq,
          place: last.place,
        });
    });
    this.#queue.replace(item, parts);
    this.#events.idle();
  }

  // The stream was resharded before the record arrived, and all of it went where its hash key led. Readers may drop values
  // whose own hash lies outside the shard, as the KCL does, so those are sent again. They hold up their groups until then.
  async #sendElsewhere(item: Outgoing<T>, receipt: PutReceipt): Promise<void> {
    const { shardId } = receipt;
    await this.#routes.learn(shardId);
    if (this.#signal.aborted) return;
    const { record } = item;
    const [inside, outside]: [Pending<T>[], Pending<T>[]] = [[], []];
    for (const put of record.puts) {
      (this.#shardOfKeys(put) === shardId ? inside : outside).push(put);
    }
    // Before the others, whose end may be that of the producer.
    this.#events.delivered(inside, receipt);
    if (outside.length === 0) {
      this.#release(item);
      this.#queue.settled(item);
    } else {
      item.record = { ...record, puts: outside };
      const error = new KinesisError(
        `Cannot leave a record of several values in ${shardId}: the stream was resharded, and some belong to other shards`,
        { code: "WrongShard", retryable: true },
      );
      noteFailure(item, error, new Date(this.#options.clock.now()));
      if (!this.#sender.givesUp(item, error)) {
        this.#sender.retried++;
        this.#takeApart(item);
      }
    }
    this.#events.idle();
  }

  #groupsOf(keys: RecordKeys): readonly string[] {
    const { ordering, processor } = this.#options;
    if (ordering === "none") return NONE;
    if (ordering === "key" && processor.scope !== "shard") {
      return [keys.partitionKey];
    }
    return [this.#shardOfKeys(keys) ?? ""];
  }

  #failed(item: Outgoing<T>, error: KinesisError): void {
    this.#release(item);
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
    const timer: LimitTimer = { handle: undefined, at: now + wait };
    this.#limitTimer = timer;
    timer.handle = clock.setTimeout(() => {
      this.#limitTimer = undefined;
      this.#events.idle();
    }, wait);
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
