/**
 * Takes the events of subscriptions to one shard: buffers their records as there is room, and moves
 * the position.
 *
 * @module
 */
import { SUBSCRIPTION_LIFE_MS } from "../../_aws/limits.ts";
import type {
  KinesisApiRecord,
  SubscribeToShardEvent,
} from "../../client/mod.ts";
import type { EventOverflow } from "./event_overflow.ts";
import { areWhole, mayEnd } from "../reading/read_answer.ts";
import type { Size } from "../reading/reader_share.ts";
import { serviceNow } from "../reading/service_now.ts";
import { damagedAnswer } from "../reading/shard_cursor.ts";
import { sizeOf } from "../reading/shard_intake.ts";
import type { ReaderParts } from "../reading/shard_reader.ts";
import type { Subscription } from "./subscription.ts";

/**
 * A subscription that is not read for this long, in milliseconds, is ended. Its unread events would
 * fill the window of an HTTP/2 connection, which the subscriptions to other shards share.
 */
const UNREAD_LIMIT_MS = 1000;
/** A subscription starts this late after its request, in milliseconds, or not at all. */
const START_LIMIT_MS = 10_000;
/**
 * The room that a subscription and an event need: the further records of an event may stay in
 * memory outside the buffer.
 */
export const ONE_RECORD: Size = { records: 1, bytes: Infinity };

/** What an {@linkcode EventIntake} works with. */
export interface EventIntakeParts extends
  Pick<
    ReaderParts,
    "existence" | "intake" | "options" | "share" | "shardId"
  > {
  /** Bounds the records that do not fit into the buffer. */
  readonly overflow: EventOverflow;
}

/** Between the subscriptions and the buffer of a shard. */
export class EventIntake {
  readonly #parts: EventIntakeParts;

  /** Takes nothing yet. */
  constructor(parts: EventIntakeParts) {
    this.#parts = parts;
  }

  /** Waits until an event may be read. */
  async waitForRoom(
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<void> {
    const { share } = this.#parts;
    share.giveUp(await this.#roomFor(ONE_RECORD, subscription, signal));
  }

  /** Takes in an event. Resolves when its records are buffered, or the subscription is given up. */
  async take(
    event: SubscribeToShardEvent,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<void> {
    const { intake, options } = this.#parts;
    const { cursor, vitals } = intake;
    const { askedAt } = subscription;
    const { ContinuationSequenceNumber, MillisBehindLatest } = event;
    // It may have waited in the connection, for as long as the machine slept.
    const sentAt = Math.min(
      serviceNow(options),
      askedAt + START_LIMIT_MS + SUBSCRIPTION_LIFE_MS,
    );
    await this.#check(event, subscription.signal);
    const { records: unread, expired } = cursor.unread(event.Records);
    if (event.Records[0]) {
      cursor.noteAge(event.Records[0]);
      if (expired) intake.tellExpired(expired);
      cursor.confirm();
    }
    const records = intake.beforeUntil(unread);
    const isPastUntil = records.length < unread.length;
    const count = await this.#buffer(records, subscription, signal);
    const isCut = count < records.length;
    const isWhole = !isCut && !isPastUntil;
    if (isWhole && typeof MillisBehindLatest === "number") {
      cursor.noteLag(MillisBehindLatest, sentAt);
    }
    if (isWhole && ContinuationSequenceNumber) {
      cursor.moveTo(ContinuationSequenceNumber);
    }
    const kept = isCut ? records.slice(0, count) : records;
    vitals.answered({
      records: kept.length,
      millisBehindLatest: isCut ? Infinity : MillisBehindLatest,
    });
    intake.note({
      size: sizeOf(kept),
      last: kept.at(-1),
      isBehind: isCut || !!MillisBehindLatest,
      isPastUntil: isPastUntil && !isCut,
      isEnd: isWhole && !ContinuationSequenceNumber,
      askedAt,
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
    const { intake, share } = this.#parts;
    let count = 0;
    while (count < records.length) {
      const rest = count === 0 ? records : records.slice(count);
      const size = sizeOf(rest);
      let reserved = share.tryReserve(size);
      if (!reserved) {
        if (count > 0) intake.tell();
        reserved = await this.#hold(size, subscription, signal);
      }
      if (!reserved) break;
      const kept = share.keep(reserved, rest.slice(0, reserved.records));
      intake.add(kept);
      count += kept.length;
    }
    return count;
  }

  /** Keeps records in memory until there is room. Resolves with nothing if they are dropped. */
  async #hold(
    size: Size,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<Size | undefined> {
    const { overflow } = this.#parts;
    if (!overflow.hold(size.bytes)) {
      subscription.giveUp();
      return undefined;
    }
    try {
      return await this.#roomFor(size, subscription, signal);
    } finally {
      overflow.release(size.bytes);
    }
  }

  /** Waits for room. The subscription is not read meanwhile, so a long wait ends it. */
  async #roomFor(
    size: Size,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<Size> {
    const { intake: { vitals }, share, options: { clock } } = this.#parts;
    const room = share.tryReserve(size);
    if (room) return room;
    vitals.enter("room");
    const timer = clock.setTimeout(
      () => subscription.giveUp(),
      UNREAD_LIMIT_MS,
    );
    try {
      return await share.reserve(size, signal);
    } finally {
      clock.clearTimeout(timer);
    }
  }
}
