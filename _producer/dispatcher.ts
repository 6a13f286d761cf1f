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
import { Sender, type SenderEvents, type StoredRecord } from "./sender.ts";
import { ShardRoutes } from "./shard_routes.ts";

/** Told what happens to records; `idle` means that there may be more to do. */
export interface DispatcherEvents<T> extends Omit<SenderEvents<T>, "stored"> {
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
      stored: (records) => this.#stored(records),
      failed: (item, error) => this.#failed(item, error),
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

  /** Whether a record holds values that were packed together because they belong to one shard. */
  #isForOneShard({ record: { puts } }: Outgoing<T>): boolean {
    return puts.length > 1 && this.#options.processor.scope === "shard";
  }

  // Packed for one shard that has been split since: the hash key of the record would take all its values to one child.
  #isScattered(item: Outgoing<T>): boolean {
    const { record: { puts }, version } = item;
    if (version === this.#routes.version || !this.#isForOneShard(item)) {
      return false;
    }
    // Where keys say nothing about shards, a value must stand alone.
    if (!this.#routes.predicts) return true;
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

  #stored(records: readonly StoredRecord<T>[]): void {
    let surprises = false;
    for (const { item, receipt: { shardId } } of records) {
      if (item.shardId === shardId) continue;
      if (this.#routes.observe(item.record, shardId)) surprises = true;
    }
    for (const { item, receipt } of records) {
      // All values were packed for the predicted shard. One surprise puts the others of the answer in doubt as well: in a
      // stream that was deleted and made anew the same ids stand for other ranges.
      const isRight = !surprises && item.shardId === receipt.shardId;
      const isJudged = this.#isForOneShard(item) && item.shardId !== undefined;
      if (isJudged && !isRight) this.#judge(item, receipt);
      else this.#deliver(item, receipt);
    }
  }

  #deliver(item: Outgoing<T>, receipt: PutReceipt): void {
    this.#release(item);
    this.#queue.settled(item);
    this.#events.delivered(item.record.puts, receipt);
  }

  // The stream was resharded before the record arrived, and all of it went where its hash key led. The KCL drops all of a
  // record that holds one value of another shard, and our consumer does the same, so all of it is sent again: cut by shard,
  // or, where shards cannot be predicted, value by value. It holds up its groups until then.
  async #judge(item: Outgoing<T>, receipt: PutReceipt): Promise<void> {
    const { record } = item;
    const { shardId } = receipt;
    const range = await this.#routes.explain(record, shardId);
    if (this.#signal.aborted) return;
    if (range && record.puts.every((put) => range.holds(put))) {
      this.#deliver(item, receipt);
    } else {
      const error = new KinesisError(
        `Cannot leave a record of several values in ${shardId}, since some of them belong to other shards`,
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
    const shardId = this.#shardOfKeys(keys);
    if (shardId !== undefined) return [shardId];
    // Without a map all may go to one shard. Where keys do not choose the shard, no more than the order of keys is left.
    const byKey = ordering === "key" || !this.#routes.predicts;
    return [byKey ? keys.partitionKey : ""];
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
