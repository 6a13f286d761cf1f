/**
 * When a polled shard is read next, and how large the next answer may be.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import type { ShardPace } from "./poll_pace.ts";
import type { Size } from "./reader_share.ts";
import { settledAfterMs } from "./reading_end.ts";

/**
 * The size that is reserved for an answer at the latest record, if the last answer was smaller.
 * Small, so that hundreds of quiet shards can be read at the same time.
 */
const AT_LATEST: Size = { records: 200, bytes: 64 * 1024 };
/** While the reader is behind, an answer may have any size. */
const UNBOUNDED: Size = { records: Infinity, bytes: Infinity };

/** What a {@linkcode PollPlan} works with. */
export interface PollPlanParts {
  /** The options of the consumer. */
  readonly options: Pick<
    ConsumerSettings,
    "clock" | "readsPerSecond" | "until"
  >;
  /** The reader's part of the pace of all readers. */
  readonly pace: ShardPace;
  /** Whether reading starts at the latest record. */
  readonly isAtLatest: boolean;
}

/** The last answer. */
export interface PollAnswer {
  /** Whether records are known to lie behind it. */
  readonly isBehind: boolean;
  /** The records that were kept. */
  readonly size: Size;
  /** When the request was sent, in milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** The same by the clock of the service, in milliseconds since the epoch, rounded down. */
  readonly askedAt: number;
}

/** The plan of one reader, made anew after each answer. */
export class PollPlan {
  readonly #clock: Clock;
  readonly #options: PollPlanParts["options"];
  readonly #pace: ShardPace;
  #expected: Size;
  #nextReadAt = 0;

  /** The first read is due at once. */
  constructor({ options, pace, isAtLatest }: PollPlanParts) {
    this.#clock = options.clock;
    this.#options = options;
    this.#pace = pace;
    this.#expected = isAtLatest ? AT_LATEST : UNBOUNDED;
  }

  /** The largest size that is expected of the next answer. */
  get expected(): Size {
    return this.#expected;
  }

  /** The time until the next read, in milliseconds. Not above 0 if it is due. */
  get pauseMs(): number {
    return this.#nextReadAt - monotonicNow(this.#clock);
  }

  /** Plans the next read. */
  note(answer: PollAnswer): void {
    const { isBehind, size, startedAt } = answer;
    this.#nextReadAt = startedAt + this.#intervalAfter(answer);
    this.#expected = isBehind ? UNBOUNDED : {
      records: Math.max(AT_LATEST.records, 2 * size.records),
      bytes: Math.max(AT_LATEST.bytes, 2 * size.bytes),
    };
  }

  /** Notes that the shard is not read any more. */
  end(): void {
    this.#pace.wake();
  }

  /** The time from one request to the next, in milliseconds. */
  #intervalAfter({ isBehind, size: { records }, askedAt }: PollAnswer): number {
    const { readsPerSecond, until } = this.#options;
    const shortest = 1000 / readsPerSecond;
    // Another answer has to show that nothing came after these records.
    if (isBehind || until === "caught-up" && records > 0) {
      this.#pace.wake();
      return shortest;
    }
    const intervalMs = this.#pace.intervalAfter(records);
    const most = until instanceof Date
      ? settledAfterMs(until, askedAt)
      : Infinity;
    return Math.max(shortest, Math.min(intervalMs, most));
  }
}
