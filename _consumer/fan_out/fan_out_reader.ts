/**
 * Reads one shard with enhanced fan-out, a bounded distance ahead of the application.
 *
 * @module
 */
import { hasCode, IN_USE, NOT_FOUND } from "../../_aws/service_error.ts";
import { notify } from "../../_core/notify.ts";
import { ConnectionError } from "../../errors.ts";
import { EventIntake, ONE_RECORD } from "./event_intake.ts";
import type { EventOverflow } from "./event_overflow.ts";
import type { FanOutConsumer } from "./fan_out_consumer.ts";
import { consumerInUse } from "./fan_out_errors.ts";
import type { FanOutClient } from "./fan_out_options.ts";
import { confirmLease } from "../leases/lease_check.ts";
import { ReadRecovery } from "../reading/read_recovery.ts";
import type { Size } from "../reading/reader_share.ts";
import { isSettled } from "../reading/reading_end.ts";
import type { RecordReader } from "../reading/record_reader.ts";
import type { IteratorStart } from "../reading/resume.ts";
import { serviceNow } from "../reading/service_now.ts";
import { type ReaderParts, ShardReader } from "../reading/shard_reader.ts";
import { Subscription } from "./subscription.ts";
import { SubscriptionPace } from "./subscription_pace.ts";

/**
 * The longest wait for the answer to SubscribeToShard, and for the next event, in milliseconds. The
 * service sends an event every 5 seconds at least, so a connection that is silent for longer is
 * dead.
 */
const SILENCE_LIMIT_MS = 9000;
/** The room before the next subscription, if there was too little: half of that of the shard. */
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
  readonly #events: EventIntake;
  #subscription: Subscription | undefined;
  /** Reads in place of subscriptions if there is no consumer to read through. */
  #polling: RecordReader | undefined;
  #restart: { readonly reason: unknown } | undefined;
  /** The room that is waited for before the next subscription. */
  #needed = ONE_RECORD;

  /** Nothing is read before {@linkcode FanOutReader.run}. */
  constructor(parts: FanOutParts) {
    const { intake: { cursor, vitals }, options } = parts;
    this.#parts = parts;
    this.#recovery = new ReadRecovery({ ...parts, cursor, vitals });
    this.#pace = new SubscriptionPace(options);
    this.#events = new EventIntake(parts);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { intake, consumer } = this.#parts;
    while (!intake.isOver) {
      // Looking for the consumer has limits of its own, so it is no stall.
      intake.vitals.enter("pause");
      const arn = await consumer.arn(signal);
      if (arn === undefined) return await this.#poll(signal);
      const subscription = this.#subscription = new Subscription(signal);
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
      this.#needed = subscription.isGivenUp ? USEFUL_ROOM : ONE_RECORD;
      if (this.#restart) await this.#afterRestart(this.#restart, signal);
    }
  }

  restart(reason: unknown): void {
    if (this.#polling) return this.#polling.restart(reason);
    this.#restart = { reason };
    this.#subscription?.end(reason);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    this.#polling = new ShardReader(this.#parts);
    await this.#polling.run(signal);
  }

  async #start(
    subscription: Subscription,
    arn: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { intake, lease, openings, options, share, shardId } = this.#parts;
    const { clock, failoverTimeMs, hooks, stream } = options;
    intake.vitals.enter("room");
    share.giveUp(await share.reserve(this.#needed, signal));
    intake.vitals.enter("pause");
    await this.#pace.wait(subscription.signal);
    await confirmLease(lease, {
      clock,
      signal: subscription.signal,
      maxAgeMs: failoverTimeMs / 2,
    });
    await openings.run(async () => {
      subscription.signal.throwIfAborted();
      intake.vitals.enter("iterator");
      await intake.cursor.open((start) =>
        subscription.start(
          (stop) => this.#subscribe(arn, start, stop),
          serviceNow(options),
        )
      );
    });
    this.#pace.noteStart();
    notify(hooks, "onSubscribed", { stream, shardId, consumerARN: arn });
    intake.open();
  }

  #subscribe(arn: string, start: IteratorStart, signal: AbortSignal) {
    const { client, shardId } = this.#parts;
    return client.subscribeToShard({
      ConsumerARN: arn,
      ShardId: shardId,
      StartingPosition: {
        Type: start.ShardIteratorType,
        SequenceNumber: start.StartingSequenceNumber,
        Timestamp: start.Timestamp,
      },
    }, {
      signal,
      timeoutMs: SILENCE_LIMIT_MS,
      idleTimeoutMs: SILENCE_LIMIT_MS,
      // Attempts are counted and paced here.
      maxAttempts: 1,
    });
  }

  /** Reads events until the subscription or the shard ends. */
  async #read(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const { intake, shardId } = this.#parts;
    for (let count = 0;; count++) {
      await this.#events.waitForRoom(subscription, signal);
      // A new subscription shows whether they have.
      if (intake.cursor.mayHaveExpired) return;
      intake.vitals.enterEvent(SILENCE_LIMIT_MS);
      const event = await subscription.next();
      if (!event) {
        if (count > 0 || subscription.isEnded) return;
        throw new ConnectionError(
          `Cannot read ${shardId}: the subscription ended before its first event`,
        );
      }
      this.#recovery.noteSuccess();
      this.#pace.noteEvent();
      await this.#events.take(event, subscription, signal);
      if (subscription.isEnded || intake.isOver) return;
      if (this.#mustAskAgain(subscription)) return;
    }
  }

  /**
   * Whether only another subscription can show that the shard was read up to `until`. An event may
   * have waited in the connection, so it says nothing about times after the start of its
   * subscription.
   */
  #mustAskAgain({ askedAt }: Subscription): boolean {
    const { intake, options } = this.#parts;
    const { until } = options;
    return until instanceof Date && !intake.millisBehindLatest &&
      !isSettled(until, askedAt) && isSettled(until, serviceNow(options));
  }

  async #recover(
    error: unknown,
    arn: string,
    hasStarted: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { consumer, intake } = this.#parts;
    if (hasCode(error, IN_USE)) {
      return await this.#afterLoss(error, arn, signal);
    }
    // The next round polls.
    if (consumer.isUnsupported(error)) return;
    // The shard may have expired, or the consumer was deregistered.
    if (hasCode(error, NOT_FOUND)) consumer.forget(arn);
    // A number that no record has may be refused; the position is that of a record.
    const isRefused = !hasStarted &&
      hasCode(error, "InvalidArgumentException");
    if (isRefused && intake.cursor.forgetPassed()) return;
    const next = await this.#recovery.after(error, hasStarted, signal);
    if (next === "end") intake.expire();
  }

  /**
   * The consumer is subscribed to the shard elsewhere: this program had a subscription a moment
   * ago, a worker that lost the lease has not noticed it yet, or another application uses the
   * consumer.
   */
  async #afterLoss(
    error: unknown,
    arn: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { intake, lease, options, shardId } = this.#parts;
    const { clock, hooks, maxFailuresInARow, stream } = options;
    const retryDelayMs = this.#pace.noteLoss();
    const attempt = this.#pace.losses;
    if (attempt >= maxFailuresInARow) {
      throw consumerInUse(shardId, arn, attempt, error);
    }
    const facts = { stream, shardId, error, attempt, retryDelayMs };
    notify(hooks, "onReadError", facts);
    intake.vitals.enter("backoff");
    await this.#pace.wait(signal);
    await confirmLease(lease, { clock, signal, maxAgeMs: 0 });
  }

  async #afterRestart(
    { reason }: { readonly reason: unknown },
    signal: AbortSignal,
  ): Promise<void> {
    this.#restart = undefined;
    await this.#recovery.afterRestart(reason, signal);
  }
}
