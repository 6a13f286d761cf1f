/**
 * Finds out that the shards of the stream have changed.
 *
 * @module
 */
import { type Clock, delay, monotonicNow } from "../_core/clock.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import type { HashRange, RecordKeys } from "../_shards/hash_range.ts";
import { FirstList, type FirstListOptions } from "./first_list.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { Resharding, type RoutedStages } from "./resharding.ts";
import { ShardListing } from "./shard_listing.ts";
import type { ShardRoutes } from "./shard_routes.ts";
import type { Supervisor } from "./supervisor.ts";

/** The shortest time between two listings, in milliseconds, however many answers surprise. */
const REFRESH_MS = 250;
/**
 * The pause after a listing that does not explain an answer, in milliseconds. It doubles with each
 * further one.
 */
const UNEXPLAINED_MS = 1000;
/** While records are sent, the shards are listed again when the last listing is this old. */
const STALE_MS = 60_000;
/**
 * After this many listings in a row that do not explain an answer, shards are not predicted any
 * more.
 */
const MOST_UNEXPLAINED = 3;
/** After this many answers in a row that the shard map explains, shards are predicted again. */
const AGREEMENTS = 100;
/** The pauses between later tries, while records are sent without a list. */
const LATER_BACKOFF = { baseMs: 2000, maxMs: STALE_MS };

/** The part of the options that does not depend on the type of the values. */
type WatchOptions =
  & FirstListOptions
  & Pick<ResolvedProducerOptions<never>, "hooks">;

/** The keys of a stored record, and the shard that the answer named. */
interface Sighting {
  readonly keys: RecordKeys;
  readonly shardId: string;
}

/**
 * Compares answers with the predictions of {@linkcode ShardRoutes}.
 *
 * An answer that names another shard than predicted is a surprise. The shards are listed until a
 * list explains it: the stream was resharded, or deleted and created again. If no list explains it,
 * the records of the stream do not follow their keys (AUTO record distribution). Then no shard is
 * predicted until the answers agree with the shard map again.
 */
export class ShardWatch<T> {
  readonly #clock: Clock;
  readonly #routes: ShardRoutes;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal;
  readonly #listing: ShardListing;
  readonly #resharding: Resharding<T>;
  readonly #firstList: FirstList;
  /** Lists that failed since the producer started without one. */
  readonly #failedLists: FailureStreak;
  /** When the shards are listed again if no list has succeeded, by the monotonic clock. */
  #tryAt = Infinity;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;
  /** The last surprise that no list has explained. */
  #surprise: Sighting | undefined;
  /** Listings in a row that did not explain it. */
  #unexplained = 0;
  /** Answers in a row that the map explains, while no shard is predicted. */
  #agreements = 0;

  /** Sends nothing yet. `signal` ends all requests and waits. */
  constructor(
    options: WatchOptions,
    stages: RoutedStages<T>,
    supervisor: Supervisor,
    signal: AbortSignal,
  ) {
    const { clock, random } = options;
    const listing = new ShardListing(options, signal);
    const resharding = new Resharding(options, stages, listing, supervisor);
    this.#clock = clock;
    this.#routes = stages.routes;
    this.#supervisor = supervisor;
    this.#signal = signal;
    this.#listing = listing;
    this.#resharding = resharding;
    this.#firstList = new FirstList(options, resharding, listing, signal);
    this.#failedLists = new FailureStreak({
      backoff: LATER_BACKOFF,
      maxFailures: Infinity,
      random,
    });
  }

  /** Whether the shards are known, or values are sent without knowing them. */
  get isStarted(): boolean {
    return this.#resharding.isStarted;
  }

  /**
   * Creates the stream if the options ask for that, and learns its shards. Wakes the supervisor
   * when values may be sent. Without a list, there is no shard map until a later list succeeds.
   *
   * @throws {KinesisError} if the stream does not exist or cannot be asked
   */
  async start(): Promise<void> {
    if (!await this.#firstList.run()) this.#tryLater();
    this.#resharding.start();
  }

  /** Plans the next list after one that failed. It is sent when records are sent, without a timer. */
  #tryLater(error?: unknown): void {
    this.#tryAt = monotonicNow(this.#clock) +
      this.#failedLists.pauseAfter(error);
  }

  /**
   * Notes where a record was stored. Returns whether that surprises; then the shards are listed
   * again.
   */
  observe(keys: RecordKeys, shardId: string): boolean {
    const routes = this.#routes;
    if (!routes.hasMap) return false;
    const isExplained = routes.rangeOf(keys, shardId) !== undefined;
    if (!routes.predicts) {
      this.#agreements = isExplained ? this.#agreements + 1 : 0;
      return false;
    }
    if (!isExplained) this.#refresh({ keys, shardId });
    return !isExplained;
  }

  /**
   * Resolves with the range of the shard that stored a record when the map explains why, or with
   * `undefined` when shards are not predicted any more.
   */
  async explain(
    keys: RecordKeys,
    shardId: string,
  ): Promise<HashRange | undefined> {
    const routes = this.#routes;
    while (routes.predicts && !this.#signal.aborted) {
      // While any answer is unexplained, the map may be wrong about this record as well.
      const range = this.#surprise ? undefined : routes.rangeOf(keys, shardId);
      if (range) return range;
      await this.#refresh(this.#surprise ?? { keys, shardId });
    }
  }

  /**
   * Lists the shards again if the last listing is a minute old, or if a listing that failed is due
   * again. It is called when records are sent. So it needs no timer, and an idle producer sends no
   * request.
   */
  keepFresh(now: number): void {
    const isDue = this.#routes.hasMap
      ? now - this.#resharding.listedAt >= STALE_MS
      : now >= this.#tryAt;
    if (isDue) this.#refresh();
  }

  /** Lists the shards again, or joins a listing that is under way. Never rejects. */
  #refresh(surprise?: Sighting): Promise<void> {
    if (surprise) this.#surprise = surprise;
    // A listing that fails explains nothing. The next surprise causes another one.
    return this.#refreshing ??= this.#listAgain()
      .catch((error) => {
        if (!this.#routes.hasMap) this.#tryLater(error);
      })
      .catch((error) => this.#supervisor.fail(error))
      .finally(() => {
        this.#refreshing = undefined;
      });
  }

  async #listAgain(): Promise<void> {
    const clock = this.#clock;
    const routes = this.#routes;
    const signal = this.#signal;
    const pause = this.#unexplained === 0
      ? REFRESH_MS
      : UNEXPLAINED_MS * 2 ** (this.#unexplained - 1);
    const wait = this.#refreshedAt + pause - monotonicNow(clock);
    if (wait > 0) await delay(wait, { clock, signal });
    this.#refreshedAt = monotonicNow(clock);
    try {
      // Closed shards explain late answers.
      const withClosed = routes.predicts && this.#surprise !== undefined;
      await this.#resharding.list(withClosed);
      this.#tryAt = Infinity;
      if (!routes.predicts) await this.#reconsider();
    } finally {
      if (routes.predicts && !signal.aborted) await this.#judge();
    }
  }

  /** Decides after a listing whether shards can still be predicted. */
  async #judge(): Promise<void> {
    const surprise = this.#surprise;
    if (
      !surprise || this.#routes.rangeOf(surprise.keys, surprise.shardId)
    ) {
      this.#surprise = undefined;
      this.#unexplained = 0;
      return;
    }
    this.#unexplained++;
    const isAuto = this.#unexplained >= MOST_UNEXPLAINED ||
      await this.#listing.isAuto();
    if (isAuto) await this.#predict(false);
  }

  /** Predicts shards again if the answers agree with the map. */
  async #reconsider(): Promise<void> {
    if (this.#agreements < AGREEMENTS || await this.#listing.isAuto()) return;
    await this.#predict(true);
  }

  async #predict(predicts: boolean): Promise<void> {
    this.#surprise = undefined;
    this.#unexplained = 0;
    this.#agreements = 0;
    await this.#resharding.change({ predicts });
  }
}
