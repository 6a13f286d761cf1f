/**
 * Reads the tip of each open shard with a small budget, to see what is written.
 *
 * @module
 */
import {
  MAX_READ_RECORDS,
  SHARD_WRITE_BYTES_PER_SECOND,
  SHARD_WRITE_RECORDS_PER_SECOND,
} from "../../_aws/limits.ts";
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import { hasCode } from "../../_aws/service_error.ts";
import type { GetRecordsResponse, KinesisClient } from "../../client/mod.ts";
import { recordSize } from "../_record_size.ts";
import type { StreamTarget } from "../_stream_target.ts";
import { type Rate, RateWindow } from "./rate_window.ts";
import { type Outcome, textOfError } from "./source.ts";

/** The most shards that are read at one time. Those of a larger stream take turns. */
export const MOST_READS = 50;
/** How long a rate is known without news if all shards are read in a turn, in milliseconds. */
const STALE_MS = 15_000;
/** How many turns of a large stream may pass besides. */
const STALE_TURNS = 4;
const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/** An answer stands for at least this time, in milliseconds. */
const SHORTEST_SPAN_MS = 100;
/** The next turn is the retry. A shard without an answer must not hold up the others for long. */
const ONE_ATTEMPT = { maxAttempts: 1, timeoutMs: 5_000 };
const THROTTLED = "ProvisionedThroughputExceededException";

/** The methods of a client that reading needs. */
export type TipClient = Pick<KinesisClient, "getRecords" | "getShardIterator">;

/** A shard that is read. */
interface Tip {
  readonly id: string;
  readonly window: RateWindow;
  iterator?: string;
  /** When the time of the next answer begins. */
  since: number;
  isBusy: boolean;
  /** No reading before this time. */
  pausedUntil: number;
  pauseMs: number;
  /** The last failure, until records are read again. */
  failure?: string;
}

/** Reads the tips of shards. */
export class TipReader {
  readonly #client: TipClient;
  readonly #target: StreamTarget;
  readonly #clock: Clock;
  /** The shard that waits longest first. */
  readonly #tips = new Map<string, Tip>();
  #throttles = 0;
  #answers = 0;

  constructor(client: TipClient, target: StreamTarget, clock: Clock) {
    this.#client = client;
    this.#target = target;
    this.#clock = clock;
  }

  /** How often reading was throttled. */
  get throttles(): number {
    return this.#throttles;
  }

  /** The rate of a shard. `undefined` if it is not known. */
  rateOf(shardId: string): Rate | undefined {
    const now = monotonicNow(this.#clock);
    return this.#tips.get(shardId)?.window.rate(now, this.#staleMs);
  }

  /** Without news for so long, a rate is not known any more, in milliseconds. */
  get #staleMs(): number {
    const turnMs = Math.floor(this.#tips.size / MOST_READS) * 1_000;
    return STALE_MS + STALE_TURNS * turnMs;
  }

  /**
   * Reads each of the open shards once, or those that wait longest. Call it once a second. Throttled
   * and failing shards are left alone for some seconds.
   *
   * @returns idle if nothing was read, such as while all shards are left alone
   * @throws the first error, when all shards were read. A throttle is none
   */
  async read(open: readonly string[], signal: AbortSignal): Promise<Outcome> {
    this.#keep(open);
    const before = this.#answers;
    const now = monotonicNow(this.#clock);
    const turn: Tip[] = [];
    for (const tip of this.#tips.values()) {
      if (turn.length === MOST_READS) break;
      if (!tip.isBusy && tip.pausedUntil <= now) turn.push(tip);
    }
    for (const tip of turn) {
      this.#tips.delete(tip.id);
      this.#tips.set(tip.id, tip);
    }
    const failures = await Promise.all(
      turn.map((tip) => this.#readOne(tip, signal)),
    );
    const failure = failures.find((it) => it !== undefined);
    if (failure !== undefined) throw failure;
    const failing = [...this.#tips.values()].find((tip) => tip.failure);
    return {
      isIdle: open.length > 0 && this.#answers === before,
      ...(failing && { failure: failing.failure }),
    };
  }

  #keep(open: readonly string[]): void {
    const ids = new Set(open);
    for (const id of this.#tips.keys()) if (!ids.has(id)) this.#tips.delete(id);
    for (const id of ids) {
      if (this.#tips.has(id)) continue;
      this.#tips.set(id, {
        ...{ id, window: new RateWindow(), since: 0, isBusy: false },
        ...{ pausedUntil: 0, pauseMs: SHORTEST_PAUSE_MS },
      });
    }
  }

  async #readOne(tip: Tip, signal: AbortSignal): Promise<Error | undefined> {
    tip.isBusy = true;
    try {
      if (tip.iterator === undefined) await this.#start(tip, signal);
      else await this.#next(tip, tip.iterator, signal);
    } catch (error) {
      tip.iterator = undefined;
      if (signal.aborted || hasCode(error, "ExpiredIteratorException")) return;
      tip.pausedUntil = monotonicNow(this.#clock) + tip.pauseMs;
      tip.pauseMs = Math.min(2 * tip.pauseMs, LONGEST_PAUSE_MS);
      if (!hasCode(error, THROTTLED)) {
        tip.failure = textOfError(error);
        return new Error(tip.failure);
      }
      this.#throttles++;
    } finally {
      tip.isBusy = false;
    }
  }

  async #start(tip: Tip, signal: AbortSignal): Promise<void> {
    const { ShardIterator } = await this.#client.getShardIterator({
      ...this.#target,
      ShardId: tip.id,
      ShardIteratorType: "LATEST",
    }, { signal, ...ONE_ATTEMPT });
    tip.iterator = ShardIterator;
    // At the start, and after an iterator has expired, nothing is older for it.
    if (tip.pauseMs === SHORTEST_PAUSE_MS) this.#answers++;
    tip.since = monotonicNow(this.#clock);
  }

  async #next(tip: Tip, iterator: string, signal: AbortSignal): Promise<void> {
    const streamARN = this.#target.StreamARN;
    const answer = await this.#client.getRecords({
      ShardIterator: iterator,
      Limit: budgetOf(monotonicNow(this.#clock) - tip.since),
      ...(streamARN !== undefined && { StreamARN: streamARN }),
    }, { signal, ...ONE_ATTEMPT });
    this.#answers++;
    tip.failure = undefined;
    tip.pauseMs = SHORTEST_PAUSE_MS;
    const now = monotonicNow(this.#clock);
    const behindMs = answer.MillisBehindLatest ?? 0;
    const elapsed = now - tip.since;
    const span = Math.min(
      elapsed,
      Math.max(elapsed - behindMs, SHORTEST_SPAN_MS),
    );
    const { length } = answer.Records;
    // What was not known any more does not come back as a part of the new rate.
    if (!tip.window.rate(now, this.#staleMs)) tip.window.clear();
    tip.window.add(now, span, length, bytesOf(answer));
    tip.since = now;
    // Records that do not fit the budget are passed over: the next answer begins at the tip again.
    tip.iterator = behindMs > 0 ? undefined : answer.NextShardIterator;
  }
}

/** The most records of an answer: what a shard can take in so much time. */
function budgetOf(ms: number): number {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  return Math.min(MAX_READ_RECORDS, SHARD_WRITE_RECORDS_PER_SECOND * seconds);
}

/** The bytes that count for the limit of a shard: data and partition keys. */
function bytesOf({ Records }: GetRecordsResponse): number {
  let bytes = 0;
  for (const record of Records) bytes += recordSize(record);
  return bytes;
}

/** The used part of the write limits of a shard. */
export function loadOf({ recordsPerSecond, bytesPerSecond }: Rate): number {
  return Math.max(
    recordsPerSecond / SHARD_WRITE_RECORDS_PER_SECOND,
    bytesPerSecond / SHARD_WRITE_BYTES_PER_SECOND,
  );
}
