/**
 * Reads one shard with enhanced fan-out, a bounded distance ahead of the application.
 *
 * @module
 */
import { SUBSCRIPTION_LIFE_MS } from "../_aws/limits.ts";
import { notify } from "../_core/notify.ts";
import type { KinesisApiRecord, SubscribeToShardEvent } from "../client/mod.ts";
import { ConnectionError, ServiceError } from "../errors.ts";
import type { EventOverflow } from "./event_overflow.ts";
import type { FanOutConsumer } from "./fan_out_consumer.ts";
import { consumerInUse } from "./fan_out_errors.ts";
import type { FanOutClient } from "./fan_out_options.ts";
import { confirmLease } from "./lease_check.ts";
import { areWhole, mayEnd } from "./read_answer.ts";
import { ReadRecovery } from "./read_recovery.ts";
import type { Size } from "./reader_share.ts";
import type { RecordReader } from "./record_reader.ts";
import { serviceNow } from "./service_now.ts";
import { damagedAnswer } from "./shard_cursor.ts";
import { sizeOf } from "./shard_intake.ts";
import { type ReaderParts, ShardReader } from "./shard_reader.ts";
import { Subscription } from "./subscription.ts";
import { SubscriptionPace } from "./subscription_pace.ts";

/**
 * The longest wait for the answer to SubscribeToShard, and for the next event, in milliseconds. The
 * service sends an event every 5 seconds at least, so a connection that is silent for longer is
 * dead.
 */
const SILENCE_LIMIT_MS = 9000;
/**
 * A subscription that is not read for this long, in milliseconds, is ended. Its unread events would
 * fill the window of an HTTP/2 connection, which the subscriptions to other shards share.
 */
const UNREAD_LIMIT_MS = 1000;
/** The room that an event needs at least: some records may stay in memory outside the buffer. */
const ONE_RECORD: Size = { records: 1, bytes: Infinity };
/** Half of what the shard may buffer. */
const USEFUL_ROOM: Size = { records: Infinity, bytes: Infinity };

/** What a {@linkcode FanOutReader} works with. */
export interface FanOutParts extends ReaderParts {
  /** Sends the requests. */
  readonly client: FanOutClient;
  /** The registered consumer. */
  readonly consumer: FanOutConsumer;
  /** Bounds the records that do not fit into the buffer. */
  readonly overflow: EventOverflow;
}

/** Subscribes to one shard, again and again. */
export class FanOutReader implements RecordReader {
  readonly #parts: FanOutParts;
  readonly #recovery: ReadRecovery;
  readonly #pace: SubscriptionPace;
  /** The room without which no new subscription starts. */
  #needed: Size = ONE_RECORD;
  /** By when the events of the subscription were sent at the latest, by the clock of the service. */
  #sentBy = Infinity;

  /** Nothing is read before {@linkcode FanOutReader.run}. */
  constructor(parts: FanOutParts) {
    const { intake: { cursor }, options } = parts;
    this.#parts = parts;
    this.#recovery = new ReadRecovery({ ...parts, cursor });
    this.#pace = new SubscriptionPace(options);
  }

  /** Reads to the end of the shard. Rejects if the reader cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    const { intake, consumer } = this.#parts;
    while (intake.state !== "ended") {
      const arn = await consumer.arn(signal);
      if (arn === undefined) {
        return await new ShardReader(this.#parts).run(signal);
      }
      const subscription = new Subscription(signal);
      try {
        await this.#start(subscription, arn, signal);
        await this.#read(subscription, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!subscription.isEnded) {
          await this.#recover(error, arn, subscription.hasStarted, signal);
        }
      } finally {
        subscription.end(undefined);
      }
    }
  }

  async #start(
    subscription: Subscription,
    arn: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, intake, lease, options, share, shardId } = this.#parts;
    const { clock, failoverTimeMs, hooks, stream } = options;
    share.giveUp(await share.reserve(this.#needed, signal));
    await this.#pace.wait(signal);
    await confirmLease(lease, { clock, signal, maxAgeMs: failoverTimeMs / 2 });
    await subscription.start((stop) =>
      intake.cursor.open((start) =>
        client.subscribeToShard({
          ConsumerARN: arn,
          ShardId: shardId,
          StartingPosition: {
            Type: start.ShardIteratorType,
            SequenceNumber: start.StartingSequenceNumber,
            Timestamp: start.Timestamp,
          },
        }, {
          signal: stop,
          timeoutMs: SILENCE_LIMIT_MS,
          idleTimeoutMs: SILENCE_LIMIT_MS,
          // Attempts are counted and paced here.
          maxAttempts: 1,
        })
      )
    );
    this.#pace.noteStart();
    this.#needed = ONE_RECORD;
    this.#sentBy = serviceNow(options) + SUBSCRIPTION_LIFE_MS;
    notify(hooks, "onSubscribed", { stream, shardId, consumerARN: arn });
    intake.open();
  }

  /** Reads events until the subscription or the shard ends. */
  async #read(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { intake, share, shardId } = this.#parts;
    for (let count = 0;; count++) {
      share.giveUp(await this.#roomFor(ONE_RECORD, subscription, signal));
      if (intake.cursor.mayHaveExpired) return;
      const event = await subscription.next();
      if (!event) {
        if (count > 0 || subscription.isEnded) return;
        throw new ConnectionError(
          `Cannot read ${shardId}: the subscription ended before its first event`,
        );
      }
      this.#recovery.noteSuccess();
      this.#pace.noteEvent();
      await this.#take(event, subscription, signal);
      if (subscription.isEnded || intake.state === "ended") return;
    }
  }

  /** Takes in an event: buffers its records as there is room for them, and moves the position. */
  async #take(
    event: SubscribeToShardEvent,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<void> {
    const { intake, options } = this.#parts;
    const { cursor } = intake;
    const { ContinuationSequenceNumber, MillisBehindLatest } = event;
    const sentAt = Math.min(serviceNow(options), this.#sentBy);
    await this.#check(event, signal);
    const { records, expired } = cursor.unread(event.Records);
    if (event.Records[0]) {
      cursor.noteAge(event.Records[0]);
      if (expired) intake.tellExpired(expired);
      cursor.confirm();
    }
    const count = await this.#buffer(records, subscription, signal);
    const isCut = count < records.length;
    if (!isCut && typeof MillisBehindLatest === "number") {
      cursor.noteLag(MillisBehindLatest, sentAt);
    }
    if (!isCut && ContinuationSequenceNumber) {
      cursor.moveTo(ContinuationSequenceNumber);
    }
    const kept = isCut ? records.slice(0, count) : records;
    intake.note({
      size: sizeOf(kept),
      last: kept.at(-1),
      isBehind: isCut || !!MillisBehindLatest,
      isEnd: !isCut && !ContinuationSequenceNumber,
      millisBehindLatest: MillisBehindLatest,
      childShards: event.ChildShards,
    });
  }

  async #check(
    { Records, ContinuationSequenceNumber, ChildShards }: SubscribeToShardEvent,
    signal: AbortSignal,
  ): Promise<void> {
    const { shardId, existence } = this.#parts;
    const mayGoOn = areWhole(Records) &&
      (ContinuationSequenceNumber ||
        await mayEnd(ChildShards, existence, signal));
    if (!mayGoOn) throw damagedAnswer(shardId, "SubscribeToShard");
  }

  /**
   * Buffers records. Resolves with how many: all, or fewer if the others are read again with a new
   * subscription, because too many records of other shards wait for room already.
   */
  async #buffer(
    records: readonly KinesisApiRecord[],
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<number> {
    const { intake, overflow, share } = this.#parts;
    let count = 0;
    while (count < records.length) {
      const rest = count === 0 ? records : records.slice(count);
      const size = sizeOf(rest);
      let reserved = share.tryReserve(size);
      if (!reserved) {
        if (count > 0) intake.tell();
        if (!overflow.hold(size.bytes)) {
          this.#giveUp(subscription);
          break;
        }
        try {
          reserved = await this.#roomFor(size, subscription, signal);
        } finally {
          overflow.release(size.bytes);
        }
      }
      const kept = share.keep(reserved, rest.slice(0, reserved.records));
      intake.add(kept);
      count += kept.length;
    }
    return count;
  }

  /** Waits for room. The subscription is not read meanwhile, so a long wait ends it. */
  async #roomFor(
    size: Size,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<Size> {
    const { share, options: { clock } } = this.#parts;
    const room = share.tryReserve(size);
    if (room) return room;
    const timer = clock.setTimeout(
      () => this.#giveUp(subscription),
      UNREAD_LIMIT_MS,
    );
    try {
      return await share.reserve(size, signal);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** Ends a subscription until there is much room again. */
  #giveUp(subscription: Subscription): void {
    this.#needed = USEFUL_ROOM;
    subscription.end(undefined);
  }

  async #recover(
    error: unknown,
    arn: string,
    hasStarted: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { consumer, intake } = this.#parts;
    const code = error instanceof ServiceError ? error.code : undefined;
    if (code === "ResourceInUseException") {
      return await this.#afterLoss(error, arn, signal);
    }
    // The next round polls.
    if (consumer.isUnsupported(error)) return;
    // The shard may have expired, or the consumer was deregistered.
    if (code === "ResourceNotFoundException") consumer.forget(arn);
    // A number that no record has may be refused; the position is that of a record.
    const isRefused = code === "InvalidArgumentException" && !hasStarted;
    if (isRefused && intake.cursor.forgetPassed()) return;
    const next = await this.#recovery.after(error, hasStarted, signal);
    if (next === "end") intake.expire();
  }

  /**
   * The consumer is subscribed to the shard elsewhere: this program had a subscription a moment ago,
   * a worker that lost the lease has not noticed it yet, or another application uses the consumer.
   */
  async #afterLoss(
    error: unknown,
    arn: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { lease, options, shardId } = this.#parts;
    const { clock, hooks, maxFailuresInARow, stream } = options;
    const retryDelayMs = this.#pace.noteLoss();
    const attempt = this.#pace.losses;
    if (attempt >= maxFailuresInARow) {
      throw consumerInUse(shardId, arn, attempt, error);
    }
    notify(hooks, "onReadError", {
      stream,
      shardId,
      error,
      attempt,
      retryDelayMs,
    });
    await this.#pace.wait(signal);
    await confirmLease(lease, { clock, signal, maxAgeMs: 0 });
  }
}
