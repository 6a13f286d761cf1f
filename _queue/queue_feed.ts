/**
 * Receives records of one part of a queue, hands their values out, and settles them.
 *
 * @module
 */
import { monotonicNow } from "../_core/clock.ts";
import { Deque } from "../_core/deque.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { notify } from "../_core/notify.ts";
import { onAbort } from "../_core/on_abort.ts";
import { settledWithin } from "../_core/settled_within.ts";
import type { QueueApiRecord } from "../client/mod.ts";
import { ClosedError, KinesisError } from "../errors.ts";
import type { QueueEntriesEvent } from "../queue_hooks.ts";
import {
  type EntriesEvent,
  EntryBatcher,
  type EntryOutcome,
} from "./entry_batcher.ts";
import { HeldRecord } from "./held_record.ts";
import { Polls } from "./polls.ts";
import type { QueuePart } from "./queue_part.ts";
import { ReceivedValues } from "./received_values.ts";
import { DeliveredQueueRecord } from "./record.ts";
import type { ResolvedQueueOptions } from "./resolved_options.ts";
import type { Settlement } from "./settlement.ts";
import type { QueueConsumerStatus } from "./status.ts";
import { TakeRate } from "./take_rate.ts";
import { Visibility } from "./visibility.ts";

/**
 * Records are received ahead for this time, in milliseconds, at the rate at which the application
 * takes values. A slow application has none in reserve: they are invisible to other consumers.
 */
const AHEAD_MS = 100;

/** How long a feed that ends waits for the last answers, in milliseconds. */
const ANSWER_MS = 10_000;

/** The end of a feed: without an error it was closed. */
interface End {
  readonly error?: unknown;
}

/** The values of a queue, one after another. */
export class QueueFeed<T> {
  readonly #options: ResolvedQueueOptions<T>;
  readonly #part: QueuePart;
  readonly #onError: (error: unknown) => void;
  readonly #acknowledging: EntryBatcher;
  readonly #changing: EntryBatcher;
  readonly #restoring: EntryBatcher;
  readonly #visibility: Visibility;
  readonly #values: ReceivedValues<T>;
  readonly #polls: Polls;
  readonly #buffer = new Deque<DeliveredQueueRecord<T>>();
  readonly #rate = new TakeRate();
  #bytes = 0;
  /** Settlements whose requests have no answer yet. */
  readonly #settling = new Set<Promise<void>>();
  readonly #counts = {
    received: 0,
    acknowledged: 0,
    returned: 0,
    restored: 0,
    lost: 0,
  };
  /** The application waits for a value. */
  #taker: Deferred<DeliveredQueueRecord<T> | undefined> | undefined;
  /** Since when the application waits and has no record, by the monotonic clock. */
  #idleSince = 0;
  /** Whether the records of an answer are being added. */
  #isAdding = false;
  #ended: End | undefined;
  #closing: Promise<void> | undefined;
  /** Records that the application has not got, to be given back when all polls are over. */
  readonly #refused: HeldRecord[] = [];
  /** Acknowledgements and restores that the service has not served at the end. */
  #unserved = 0;
  /** Why the service has refused entries after the end. */
  #refusal: KinesisError | undefined;
  /** Resolves when no record is held any more. */
  #emptied: Deferred<void> | undefined;
  #stopFollowing = () => {};

  /** Sends nothing yet. Calls `onError` once if the feed fails. */
  constructor(
    options: ResolvedQueueOptions<T>,
    part: QueuePart,
    onError: (error: unknown) => void,
  ) {
    const { clock, random, visibilityTimeoutSeconds: seconds } = options;
    this.#options = options;
    this.#part = part;
    this.#onError = onError;
    this.#acknowledging = this.#batcher("acknowledge", part.acknowledge);
    this.#changing = this.#batcher("visibility", part.changeVisibility);
    this.#restoring = this.#batcher("restore", part.restore);
    this.#visibility = new Visibility({
      clock,
      seconds,
      maxHoldMs: options.maxHoldMs,
      changes: this.#changing,
      onLost: (held, error) => this.#onLost(held, false, error),
    });
    this.#values = new ReceivedValues({
      options,
      part: part.name,
      onValues: (values) => this.#onValues(values),
      onError: (error) => this.fail(error),
    });
    this.#polls = new Polls({
      part,
      queueARN: options.queueARN,
      waitSeconds: waitSecondsOf(options),
      visibilitySeconds: seconds,
      maxRecords: options.maxInFlight,
      maxPolls: options.maxPolls,
      maxFailuresInARow: options.maxFailuresInARow,
      clock,
      random,
      room: (expected) => this.#roomBeside(expected),
      isStarved: () => this.#taker !== undefined,
      onRecords: (records, sentAt) => this.#onRecords(records, sentAt),
      onAnswer: (event) => {
        notify(options.hooks, "onReceive", {
          ...this.#facts,
          ...event,
          polls: this.#polls.count,
        });
        if (event.records === 0) this.#onEmpty();
      },
      onFailure: (event) =>
        notify(options.hooks, "onReceiveError", { ...this.#facts, ...event }),
      onEnd: (error) => this.fail(error),
    });
  }

  /** Fails the feed when the signal of the options aborts. */
  followSignal(): void {
    const { signal } = this.#options;
    this.#stopFollowing = onAbort(signal, () => this.fail(signal!.reason));
  }

  /** Takes a value that is there. `undefined` after the end. */
  takeNow(): DeliveredQueueRecord<T> | undefined {
    if (this.#ended) return undefined;
    let record = this.#buffer.shift();
    while (record && DeliveredQueueRecord.heldOf(record).isOver) {
      record = this.#buffer.shift();
    }
    if (record) this.#rate.note(monotonicNow(this.#options.clock));
    this.#polls.pump();
    return record;
  }

  /**
   * Takes the next value. Resolves with `undefined` at the end. Only one call at a time.
   *
   * @throws the error of the feed if it has failed
   */
  take(): Promise<DeliveredQueueRecord<T> | undefined> {
    if (this.#ended) return this.#atEnd(this.#ended);
    const record = this.takeNow();
    if (record) return Promise.resolve(record);
    this.#taker = deferred();
    this.#waitIdly();
    const { promise } = this.#taker;
    this.#polls.pump();
    return promise;
  }

  /** Starts the time without records, unless the application has one: it works on that. */
  #waitIdly(): void {
    if (!this.#taker || this.#visibility.size > 0) return;
    this.#idleSince = monotonicNow(this.#options.clock);
  }

  /**
   * The service has answered that there is no record. Only such an answer ends an idle stream: a
   * service that does not answer may have records.
   */
  #onEmpty(): void {
    const { idleTimeoutMs, clock } = this.#options;
    if (!this.#taker || this.#visibility.size > 0) return;
    const idleMs = monotonicNow(clock) - this.#idleSince;
    if (idleMs >= idleTimeoutMs) this.close().catch(() => {});
  }

  /** Ends with an error, and gives everything back. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#end({ error });
    this.#onError(error);
    this.close(0).catch(() => {});
  }

  /**
   * Ends. Waits this long for the values that the application has, in milliseconds, and gives back
   * what is not settled then. Resolves when the service has answered.
   *
   * @throws {KinesisError} if the service has refused to settle records since the end, or has not
   * done so in time (`NotAcknowledged`)
   */
  close(patienceMs = this.#options.closeTimeoutMs): Promise<void> {
    this.#end({});
    return this.#closing ??= this.#close(patienceMs);
  }

  /** Resolves when every settlement until now has its answer. */
  async settled(): Promise<void> {
    for (const batcher of this.#batchers) batcher.hurry();
    await Promise.all(this.#settling);
  }

  /** Takes a value back that was not handed out, because the feed has ended. */
  refuse(record: object): void {
    this.#refused.push(DeliveredQueueRecord.heldOf(record));
  }

  /** Stops extending a record, whose handler does not end. It is delivered again later. */
  abandon(held: HeldRecord, reason: unknown): void {
    if (held.isOver) return;
    this.#visibility.release(held);
    held.lose(reason);
    this.#onLost(held, false, reason);
  }

  /** The state, without that of handlers. */
  status(): QueueConsumerStatus {
    const { queueARN, part } = this.#facts;
    const [oldest] = this.#visibility.held;
    const now = monotonicNow(this.#options.clock);
    return {
      queueARN,
      part,
      polls: this.#polls.count,
      inFlight: this.#visibility.size,
      inFlightBytes: this.#bytes,
      buffered: this.#buffer.length,
      oldestMs: oldest && now - oldest.received.receivedAt,
      ...this.#counts,
      undecodable: this.#values.undecodable,
    };
  }

  get #batchers(): EntryBatcher[] {
    return [this.#acknowledging, this.#changing, this.#restoring];
  }

  get #facts() {
    return { queueARN: this.#options.queueARN, part: this.#part.name };
  }

  /** How many records may be received beside those that are expected. */
  #roomBeside(expected: number): number {
    const { maxInFlight, maxInFlightBytes, clock } = this.#options;
    if (this.#ended || this.#bytes >= maxInFlightBytes) return 0;
    const { decoding } = this.#values;
    const perSecond = this.#rate.perSecond(monotonicNow(clock));
    const inReserve = this.#buffer.length + decoding + expected;
    // A slow application waits for one answer at a time. The others are for other consumers.
    const isWanted = this.#taker !== undefined && decoding === 0
      ? expected === 0 || expected < perSecond
      : inReserve < Math.floor(perSecond * AHEAD_MS / 1000);
    return isWanted ? maxInFlight - this.#visibility.size - expected : 0;
  }

  #batcher(
    action: QueueEntriesEvent["action"],
    send: QueuePart["acknowledge"],
  ): EntryBatcher {
    const { queueARN, clock, random, hooks } = this.#options;
    return new EntryBatcher({
      action: action === "visibility" ? "change the visibility of" : action,
      send: (entries) => send({ QueueARN: queueARN, Entries: [...entries] }),
      clock,
      random,
      onRequest: (event: EntriesEvent) =>
        notify(hooks, "onEntries", { ...this.#facts, action, ...event }),
      isDoneIfGone: action !== "visibility",
      onRefused: (error) => {
        if (this.#ended) this.#refusal ??= error;
        else this.fail(error);
      },
    });
  }

  #onRecords(records: readonly QueueApiRecord[], sentAt: number): void {
    const { visibilityTimeoutSeconds } = this.#options;
    this.#counts.received += records.length;
    // All are held before the first is handed out: what there is room for depends on all of them.
    const all = records.map((raw) => {
      const held = new HeldRecord({
        receiptHandle: raw.ReceiptHandle,
        recordId: raw.RecordId,
        receiveCount: raw.ReceiveCount,
        bytes: raw.Data.length,
        receivedAt: sentAt,
        visibleAt: sentAt + visibilityTimeoutSeconds * 1000,
      }, (held, settlement) => this.#settle(held, settlement));
      this.#bytes += raw.Data.length;
      this.#visibility.hold(held);
      return { raw, held };
    });
    // An answer may take longer than the visibility timeout. Another consumer has its records then.
    this.#visibility.look();
    if (this.#ended) {
      return void this.#refused.push(...all.map((it) => it.held));
    }
    this.#isAdding = true;
    for (const { raw, held } of all) {
      if (!held.isOver) this.#values.add(raw, held);
    }
    this.#isAdding = false;
    this.#deliver();
  }

  #onValues(values: readonly DeliveredQueueRecord<T>[]): void {
    if (this.#ended) return values.forEach((value) => this.refuse(value));
    for (const value of values) this.#buffer.push(value);
    if (!this.#isAdding) this.#deliver();
  }

  /** Hands a value to the application if it waits for one. */
  #deliver(): void {
    const taker = this.#taker;
    if (!taker || this.#buffer.length === 0) return;
    // First, because what there is room for depends on whether the application waits.
    this.#taker = undefined;
    const record = this.takeNow();
    if (record) {
      taker.resolve(record);
    } else if (!this.#ended) {
      this.#taker = taker;
      this.#polls.pump();
    }
  }

  /** Sends the settlement of a record. */
  #settle(held: HeldRecord, settlement: Settlement): void {
    this.#visibility.release(held);
    const { receiptHandle: ReceiptHandle } = held.received;
    const { visibleAt } = held;
    const outcome = settlement.type === "return"
      ? this.#return(held, settlement.delaySeconds)
      : settlement.type === "restore"
      ? this.#restoring.add({ ReceiptHandle }, visibleAt)
      : this.#acknowledging.add({ ReceiptHandle }, visibleAt);
    const settling = outcome.then((it) => {
      this.#settling.delete(settling);
      this.#onSettled(held, settlement, it);
    });
    this.#settling.add(settling);
    this.#forget(held);
  }

  /** An extension that is under way could arrive after this change, and undo it. */
  async #return(
    held: HeldRecord,
    delaySeconds: number,
  ): Promise<EntryOutcome> {
    if (held.extending) await held.extending;
    return await this.#changing.add({
      ReceiptHandle: held.received.receiptHandle,
      VisibilityTimeoutSeconds: delaySeconds,
    }, held.visibleAt);
  }

  #onSettled(
    held: HeldRecord,
    { type }: Settlement,
    { error }: EntryOutcome,
  ): void {
    const counts = this.#counts;
    if (!error) {
      if (type === "acknowledge") counts.acknowledged++;
      else if (type === "return") counts.returned++;
      else counts.restored++;
      return;
    }
    // A record that could not be given back becomes visible when its timeout is over.
    if (type === "return") return;
    if (this.#ended) this.#unserved++;
    this.#onLost(held, true, error);
  }

  #onLost(held: HeldRecord, wasSettled: boolean, error: unknown): void {
    const { hooks, clock } = this.#options;
    const { recordId, receiveCount, receivedAt } = held.received;
    this.#counts.lost++;
    if (!wasSettled) this.#forget(held);
    notify(hooks, "onVisibilityLost", {
      ...this.#facts,
      recordId,
      receiveCount,
      heldMs: monotonicNow(clock) - receivedAt,
      wasSettled,
      error,
    });
  }

  /** A record is not held any more. */
  #forget(held: HeldRecord): void {
    this.#bytes -= held.received.bytes;
    if (this.#visibility.size === 0) {
      this.#emptied?.resolve();
      this.#waitIdly();
    }
    this.#polls.pump();
  }

  #end(end: End): void {
    if (this.#ended) return;
    this.#ended = end;
    this.#stopFollowing();
    const taker = this.#taker;
    if (!taker) return;
    this.#taker = undefined;
    taker.resolve(this.#atEnd(end));
  }

  #atEnd(end: End): Promise<undefined> {
    return "error" in end
      ? Promise.reject(end.error)
      : Promise.resolve(undefined);
  }

  async #close(patienceMs: number): Promise<void> {
    const { clock } = this.#options;
    // A record that is visible before the last poll is answered would be sent to an abandoned poll
    // of this consumer.
    const delaySeconds = Math.ceil(await this.#polls.stop() / 1000);
    const giveBack = (held: HeldRecord) => held.giveBack(delaySeconds);
    this.#refused.forEach(giveBack);
    // Records of which the application has other values are given back as well, when those are
    // settled.
    while (this.#buffer.length > 0) {
      this.#buffer.shift()!.retry({ delaySeconds });
    }
    if (patienceMs > 0 && this.#visibility.size > 0) {
      this.#emptied = deferred();
      await settledWithin(patienceMs, this.#emptied.promise, clock);
    }
    [...this.#visibility.held].forEach(giveBack);
    await settledWithin(ANSWER_MS, this.settled(), clock);
    // Also extensions of records that are settled meanwhile.
    const error = new ClosedError("The consumer is closed");
    for (const batcher of this.#batchers) batcher.stop(error);
    await this.settled();
    if (this.#refusal) throw this.#refusal;
    if (this.#unserved > 0) throw unserved(this.#unserved);
  }
}

function unserved(records: number): KinesisError {
  return new KinesisError(
    `Cannot acknowledge ${records} records: the service has not done so in time. They may be delivered again`,
    { code: "NotAcknowledged", retryable: true },
  );
}

/**
 * How long a poll waits, in seconds. A poll that waits for longer than the stream may be idle would
 * answer too late. And the visibility timeout of a record counts from the sending of its poll,
 * because the moment of the delivery is not known: after a wait that is as long as the timeout, a
 * record would be lost when it arrives.
 */
function waitSecondsOf(
  { waitTimeSeconds, idleTimeoutMs, visibilityTimeoutSeconds }: Pick<
    ResolvedQueueOptions<never>,
    "waitTimeSeconds" | "idleTimeoutMs" | "visibilityTimeoutSeconds"
  >,
): number {
  return Math.min(
    waitTimeSeconds,
    Math.max(1, Math.ceil(idleTimeoutMs / 1000)),
    Math.floor(visibilityTimeoutSeconds / 2),
  );
}
