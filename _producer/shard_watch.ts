/**
 * Finds out that the shards of the stream have changed, and takes the stages over to the new ones.
 *
 * @module
 */
import { Alarm } from "../_core/alarm.ts";
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { notify } from "../_core/notify.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type { HashRange } from "../_shards/hash_range.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { RecordKeys } from "./outgoing.ts";
import type { Packing } from "./packing.ts";
import type { SendQueue } from "./send_queue.ts";
import { type ListingOptions, ShardListing } from "./shard_listing.ts";
import type { RoutesChange, ShardRoutes } from "./shard_routes.ts";
import { StreamState } from "./stream_state.ts";
import type { Supervisor } from "./supervisor.ts";
import type { Waiters } from "./waiters.ts";

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
const START_BACKOFF = { baseMs: 100, maxMs: 5000 };
/** The first values wait this long for the first list of shards, in milliseconds. */
const FIRST_LIST_MS = 3000;
/** The pauses between later tries, while records are sent without a list. */
const LATER_BACKOFF = { baseMs: 2000, maxMs: STALE_MS };
const MISSING = "ResourceNotFoundException";
/** Codes of a stream that cannot be written to now. */
const NOT_ACTIVE = [MISSING, "ResourceInUseException"];

/** The part of the options that does not depend on the type of the values. */
type WatchOptions =
  & ListingOptions
  & Pick<
    ResolvedProducerOptions<never>,
    "clock" | "createStream" | "random" | "maxAttempts" | "hooks"
  >;

/** The stages that depend on the predictions. */
export interface RoutedStages<T> {
  /** Predicts shards. */
  readonly routes: ShardRoutes;
  /** Packs values of one shard together. */
  readonly packing: Pick<Packing<T>, "flush" | "hold" | "release">;
  /** Has a lane for each shard. */
  readonly queue: Pick<SendQueue<T>, "makeDue" | "reroute">;
  /** Has a line for each shard. */
  readonly waiters: Pick<Waiters, "rearrange">;
}

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
  readonly #options: WatchOptions;
  readonly #stages: RoutedStages<T>;
  readonly #supervisor: Supervisor;
  readonly #signal: AbortSignal;
  readonly #listing: ShardListing;
  #isStarted = false;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;
  #listedAt = Infinity;
  /** When the shards are listed again if no list has succeeded, by the monotonic clock. */
  #tryAt = Infinity;
  /** Lists in a row that failed since the producer started without one. */
  #failedLists = 0;
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
    this.#options = options;
    this.#stages = stages;
    this.#supervisor = supervisor;
    this.#signal = signal;
    this.#listing = new ShardListing(options, signal);
  }

  /** Whether the shards are known, or it is known that they cannot be listed. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /**
   * Creates the stream if the options ask for that, and learns its shards. Wakes the supervisor when
   * values may be sent: when the shards are known, or after three seconds or `maxAttempts` tries
   * without a list. Then there is no shard map until a later list succeeds.
   *
   * @throws {KinesisError} if the stream does not exist or cannot be asked
   */
  async start(): Promise<void> {
    const patience = new Alarm(
      this.#options.clock,
      FIRST_LIST_MS,
      () => this.#begin(),
    );
    // The list that is under way ends some time after the abort; no timer may wait for that.
    const clear = () => patience.clear();
    this.#signal.addEventListener("abort", clear, { once: true });
    try {
      if (!await this.#listFirst(patience)) this.#tryLater();
    } finally {
      this.#signal.removeEventListener("abort", clear);
      patience.clear();
    }
    this.#begin();
  }

  #begin(): void {
    if (this.#isStarted) return;
    const { routes, queue } = this.#stages;
    // Without a map, records that were added before the strategy of the stream was known stay
    // queued.
    if (!routes.hasMap) queue.reroute(monotonicNow(this.#options.clock));
    this.#isStarted = true;
    this.#supervisor.wake();
  }

  /** Returns whether the answer is known: a list, or that the shards cannot be listed. */
  async #listFirst(patience: Alarm): Promise<boolean> {
    const { createStream, maxAttempts, clock, random } = this.#options;
    const state = new StreamState(this.#options, this.#signal);
    for (let attempt = 1; !this.#isStarted; attempt++) {
      let asked: number;
      let isListing = false;
      try {
        if (createStream) {
          const isAuto = await this.#listing.createIfMissing(createStream);
          this.#stages.routes.change({ predicts: !isAuto });
        }
        isListing = true;
        patience.set();
        await this.#reshard();
        return true;
      } catch (cause) {
        const error = await state.judge(cause);
        if (this.#isStarted) return false;
        const mayHelp = error instanceof KinesisError &&
          (error.retryable || createStream && error.code === MISSING);
        if (!mayHelp) throw error;
        // Only ListShards may be out of order. Other errors mean that no record can be written either.
        const mayWrite = isListing && !NOT_ACTIVE.includes(error.code) &&
          !(error instanceof ServiceError && error.retryBriefly);
        if (!mayWrite) patience.clear();
        if (attempt >= maxAttempts) {
          if (mayWrite) return false;
          throw error;
        }
        asked = askedToWaitMs(cause);
      }
      const wait = equalJitter(START_BACKOFF, attempt - 1, random);
      await delay(Math.max(wait, asked), { clock, signal: this.#signal });
    }
    return false;
  }

  /** Plans the next list after one that failed. It is sent when records are sent, without a timer. */
  #tryLater(): void {
    const { clock, random } = this.#options;
    const wait = equalJitter(LATER_BACKOFF, this.#failedLists++, random);
    this.#tryAt = monotonicNow(clock) + wait;
  }

  /**
   * Notes where a record was stored. Returns whether that surprises; then the shards are listed
   * again.
   */
  observe(keys: RecordKeys, shardId: string): boolean {
    const { routes } = this.#stages;
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
    const { routes } = this.#stages;
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
    const { routes } = this.#stages;
    const isDue = routes.hasMap
      ? now - this.#listedAt >= STALE_MS
      : now >= this.#tryAt;
    if (isDue) this.#refresh();
  }

  /** Lists the shards again, or joins a listing that is under way. Never rejects. */
  #refresh(surprise?: Sighting): Promise<void> {
    if (surprise) this.#surprise = surprise;
    // A listing that fails explains nothing. The next surprise causes another one.
    return this.#refreshing ??= this.#listAgain()
      .catch(() => {
        if (!this.#stages.routes.hasMap) this.#tryLater();
      })
      .catch((error) => this.#supervisor.fail(error))
      .finally(() => {
        this.#refreshing = undefined;
      });
  }

  async #listAgain(): Promise<void> {
    const { clock } = this.#options;
    const { routes } = this.#stages;
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
      await this.#reshard(withClosed);
      if (!routes.predicts) await this.#reconsider();
    } finally {
      if (routes.predicts && !signal.aborted) await this.#judge();
    }
  }

  /** Decides after a listing whether shards can still be predicted. */
  async #judge(): Promise<void> {
    const surprise = this.#surprise;
    const { routes } = this.#stages;
    if (!surprise || routes.rangeOf(surprise.keys, surprise.shardId)) {
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
    await this.#change({ predicts });
  }

  /** Lists the shards, with the closed ones if asked to, and goes over to them. */
  async #reshard(withClosed = false): Promise<void> {
    const { routes } = this.#stages;
    this.#listedAt = monotonicNow(this.#options.clock);
    const map = await this.#listing.list(withClosed);
    this.#tryAt = Infinity;
    // Without a map there is one lane and no limit for each shard.
    if (!map) return;
    // A list may be older than the answers, so an equal map changes no prediction.
    if (routes.isChangedBy(map)) await this.#change({ map });
    else routes.refine(map);
  }

  /**
   * Takes all stages from the present predictions to others, in the order of the path of a value.
   */
  async #change(change: RoutesChange): Promise<void> {
    const { routes, packing, queue, waiters } = this.#stages;
    const { clock, stream, hooks } = this.#options;
    const before = routes.shardIds;
    // Before the start, values are packed without regard to shards and may stay where they are.
    const { isStarted } = this;
    if (isStarted) {
      // 1. Accept no value until the stages have changed.
      packing.hold();
      // 2. Pack the pending values for the old shards, so that they come before values for the new
      // ones.
      const flushing = packing.flush();
      if (flushing) await flushing;
      queue.makeDue();
    }
    // 3. Change the predictions.
    routes.change(change);
    notify(hooks, "onShardMap", { stream, before, after: routes.shardIds });
    // 4. Move queued records to the lanes, and waiting writers to the lines, of the new shards.
    queue.reroute(monotonicNow(clock));
    waiters.rearrange();
    // 5. Accept values again, and send what may be sent.
    packing.release();
    if (isStarted) this.#supervisor.wake();
  }
}
