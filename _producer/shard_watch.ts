/**
 * Finds out that the shards of the stream have changed.
 *
 * @module
 */
import { type Clock, delay, monotonicNow } from "../_core/clock.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import type { RecordDistributionStrategy } from "../client/mod.ts";
import type { HashRange, RecordKeys } from "../_shards/hash_range.ts";
import { Distribution, type DistributionOptions } from "./distribution.ts";
import { FirstList, type FirstListOptions } from "./first_list.ts";
import { ListOutage } from "./list_outage.ts";
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
/**
 * After this many answers in a row that the shard map explains, records are believed to follow their
 * keys again. With two shards, chance makes that many agree once in 10^30 times.
 */
const AGREEMENTS = 100;
/**
 * While no shard is predicted, the service is asked how it distributes records when the last answer
 * is {@linkcode STALE_MS} old, and after so many answers that agree with the map when it is this
 * old, in milliseconds.
 */
const RECONSIDER_MS = 10_000;
/** The pauses between later tries, while records are sent without a list. */
const LATER_BACKOFF = { baseMs: 2000, maxMs: STALE_MS };

/** The part of the options that does not depend on the type of the values. */
type WatchOptions = FirstListOptions & DistributionOptions;

/** The keys of a stored record, and the shard that the answer named. */
interface Sighting {
  readonly keys: RecordKeys;
  readonly shardId: string;
}

/**
 * Compares answers with the predictions of {@linkcode ShardRoutes}.
 *
 * An answer that names another shard than predicted is a surprise. The shards are listed until a
 * list explains it: the stream was resharded, or deleted and created again. If a list that was asked
 * for after the answer does not explain it, the service is asked how it distributes records. With
 * AUTO record distribution, after three lists that explain nothing, and after half a minute in which
 * all listings failed, no shard is predicted. From then on the service is asked once a minute while
 * records are sent, and shards are listed only if it does not answer. Shards are predicted again when
 * the service says so, when it refuses a record without a key, or when the answers agree with the
 * shard map again.
 */
export class ShardWatch<T> {
  readonly #clock: Clock;
  readonly #routes: ShardRoutes;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal;
  readonly #listing: ShardListing;
  readonly #resharding: Resharding<T>;
  readonly #distribution: Distribution;
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
  /** Listings that failed while there was a surprise. */
  readonly #outage: ListOutage;
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
    const distribution = new Distribution(options, resharding, stages.routes);
    this.#clock = clock;
    this.#routes = stages.routes;
    this.#supervisor = supervisor;
    this.#signal = signal;
    this.#listing = listing;
    this.#resharding = resharding;
    this.#distribution = distribution;
    this.#firstList = new FirstList(
      options,
      resharding,
      listing,
      distribution,
      signal,
    );
    this.#failedLists = new FailureStreak({
      backoff: LATER_BACKOFF,
      maxFailures: Infinity,
      random,
    });
    this.#outage = new ListOutage(random);
  }

  /** Whether the shards are known, or values are sent without knowing them. */
  get isStarted(): boolean {
    return this.#resharding.isStarted;
  }

  /**
   * Creates the stream if the options ask for that, and learns its shards. Wakes the supervisor
   * when values may be sent. Without a list, there is no shard map until a later list succeeds.
   *
   * @throws {KinesisError} if the stream does not exist or cannot be asked, or if it distributes
   * records in a way that the options do not allow
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
      // In a stream of one shard every answer agrees.
      if (this.#agreements === AGREEMENTS && routes.mapSize > 1) {
        this.#refresh();
      }
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
   * Lists the shards again, or asks how records are distributed, if the last answer is a minute old,
   * or if a listing that failed is due again. It is called when records are sent. So it needs no
   * timer, and an idle producer sends no request.
   */
  keepFresh(now: number): void {
    const { hasMap, predicts } = this.#routes;
    const { listedAt } = this.#resharding;
    // Before the first list, `listedAt` is infinite.
    const askedAt = predicts ? listedAt : Math.max(this.#refreshedAt, listedAt);
    const isDue = hasMap || !predicts && askedAt < Infinity
      ? now - askedAt >= STALE_MS
      : now >= this.#tryAt;
    if (isDue) this.#refresh();
  }

  /**
   * Goes over to records with keys, because the service has refused a request whose records had
   * none.
   */
  sendKeys(): void {
    if (!this.#routes.ignoresKeys) return;
    this.#distribution.noteRefusal();
    this.#follow("USER_PARTITION_KEY", "answers")
      .then(() => this.#refresh())
      .catch((error) => this.#supervisor.fail(error));
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
    const wait = this.#refreshedAt + this.#pauseMs - monotonicNow(clock);
    if (wait > 0) await delay(wait, { clock, signal });
    this.#refreshedAt = monotonicNow(clock);
    if (!routes.predicts) await this.#reconsider();
    else {
      const surprise = this.#surprise;
      try {
        await this.#listNow();
      } catch (error) {
        if (!signal.aborted) await this.#noteFailure(error);
        throw error;
      }
      this.#outage.end();
      // A refusal of records without a key may have come meanwhile.
      if (!routes.predicts || signal.aborted) return;
      await this.#judge(surprise);
    }
  }

  /** The shortest time since the last request for this purpose, in milliseconds. */
  get #pauseMs(): number {
    if (!this.#routes.predicts) return RECONSIDER_MS;
    const pauseMs = this.#unexplained === 0
      ? REFRESH_MS
      : UNEXPLAINED_MS * 2 ** (this.#unexplained - 1);
    return Math.max(pauseMs, this.#outage.pauseMs);
  }

  async #listNow(): Promise<void> {
    // Closed shards explain late answers.
    const withClosed = this.#routes.predicts && this.#surprise !== undefined;
    await this.#resharding.list(withClosed);
    this.#tryAt = Infinity;
  }

  async #ask(): Promise<RecordDistributionStrategy | undefined> {
    const facts = await this.#listing.describe();
    this.#distribution.noteAnswer(facts);
    return facts?.strategy;
  }

  /**
   * Decides after a listing whether shards can still be predicted. `surprise` is the surprise that
   * was there when it began. A list may be older than an answer that came during the listing, so it
   * says nothing about that answer unless it explains it.
   */
  async #judge(surprise: Sighting | undefined): Promise<void> {
    if (this.#explains(this.#surprise)) {
      this.#surprise = undefined;
      this.#unexplained = 0;
      // The answer says whether records without a key may be sent again some day.
      if (this.#distribution.needsKeys) await this.#ask();
      return;
    }
    if (this.#explains(surprise)) return;
    this.#unexplained++;
    const strategy = await this.#ask();
    if (strategy === "AUTO") await this.#follow("AUTO", "service");
    else if (this.#unexplained >= MOST_UNEXPLAINED) {
      await this.#follow("AUTO", "answers");
    }
  }

  /** Whether there is no surprise, or the map explains it. */
  #explains(surprise: Sighting | undefined): boolean {
    return !surprise ||
      this.#routes.rangeOf(surprise.keys, surprise.shardId) !== undefined;
  }

  /** Decides after a listing that failed whether an answer waits longer for its explanation. */
  async #noteFailure(error: unknown): Promise<void> {
    if (!this.#routes.predicts || this.#explains(this.#surprise)) return;
    const now = monotonicNow(this.#clock);
    const isOver = this.#outage.noteFailure(error, now);
    const strategy = await this.#ask();
    if (strategy === "AUTO") await this.#follow("AUTO", "service");
    else if (isOver) await this.#follow("AUTO", "answers");
  }

  /**
   * Predicts shards again if the service says that keys choose them. If it does not answer, or has
   * said so all the time, the answers must agree with the map as well.
   */
  async #reconsider(): Promise<void> {
    const distribution = this.#distribution;
    const strategy = await this.#ask();
    // A refusal may have come meanwhile.
    if (this.#routes.predicts) return;
    if (strategy === "AUTO") {
      this.#agreements = 0;
      if (!distribution.isConfirmedAuto) await this.#follow("AUTO", "service");
      return;
    }
    await this.#listNow();
    const isOver = strategy !== undefined && distribution.isConfirmedAuto ||
      this.#agreements >= AGREEMENTS;
    if (!isOver || this.#routes.predicts) return;
    const source = strategy === undefined ? "answers" : "service";
    await this.#follow("USER_PARTITION_KEY", source);
  }

  async #follow(
    strategy: RecordDistributionStrategy,
    source: "service" | "answers",
  ): Promise<void> {
    this.#surprise = undefined;
    this.#unexplained = 0;
    this.#agreements = 0;
    this.#outage.end();
    await this.#distribution.follow(strategy, source);
  }
}
