/**
 * What the producer knows about the shards of its stream: learned at the start, and again when an answer surprises.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { askedToWaitMs } from "../_core/http_retry.ts";
import { hashKeyOf } from "../_aws/hash_key.ts";
import { notify } from "../_core/notify.ts";
import type { HashRange } from "../_shards/hash_range.ts";
import type { ShardMap } from "./shard_map.ts";
import { KinesisError } from "../errors.ts";
import type { EncodedRecord } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { type ListingOptions, ShardListing } from "./shard_listing.ts";
import { StreamState } from "./stream_state.ts";

/** ListShards at most once in this time, however many answers surprise: values wait for it. */
const REFRESH_MS = 250;
/** How long to wait after a listing that does not explain an answer; twice as long after the next. */
const UNEXPLAINED_MS = 1000;
/** While records are sent, the shards are listed again after this time, whether an answer surprises or not. */
const STALE_MS = 60_000;
/** After so many listings in a row that do not explain an answer, shards are not predicted any more. */
const MOST_UNEXPLAINED = 3;
/** After so many answers in a row that the shard map explains, shards are predicted again. */
const AGREEMENTS = 100;
const START_BACKOFF = { baseMs: 100, maxMs: 5000 };
/** Hash keys that are remembered; MD5 of a short key takes about two microseconds. */
const CACHE_SIZE = 10_000;

/** The part of the options that does not depend on the type of the values. */
type RoutesOptions =
  & ListingOptions
  & Pick<
    ResolvedProducerOptions<never>,
    "clock" | "random" | "maxAttempts" | "hooks"
  >;

/** Told about changes of the predictions, but not when they begin: {@linkcode ShardRoutes.start} tells that. */
export interface RoutesEvents {
  /** Other predictions are going to be made: from `change` on, which is called once nothing is packed under the old ones. */
  changing(change: () => void): void;
}

/** The keys of a record that was stored, and the shard that its answer named. */
interface Sighting {
  readonly keys: Pick<EncodedRecord, "partitionKey" | "explicitHashKey">;
  readonly shardId: string;
}

/**
 * Predicts the shard of a record, as long as the answers bear that out.
 *
 * An answer that names another shard than predicted is a surprise. The shards are listed until the surprise is explained: the
 * stream was resharded, or deleted and made anew. What no listing explains is a stream whose records do not follow their
 * keys (AUTO record distribution); then nothing is predicted until the answers agree with the shard map again.
 */
export class ShardRoutes {
  readonly #options: RoutesOptions;
  readonly #signal: AbortSignal;
  readonly #events: RoutesEvents;
  readonly #listing: ShardListing;
  #map: ShardMap | undefined;
  #cache = new Map<string, string | undefined>();
  #version = 0;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;
  #listedAt = Infinity;
  #predicts = true;
  /** The surprise that was seen last. */
  #surprise: Sighting | undefined;
  /** Listings in a row that did not explain it. */
  #unexplained = 0;
  /** Answers in a row that the map explains, while nothing is predicted. */
  #agreements = 0;

  /** Knows nothing yet. */
  constructor(
    options: RoutesOptions,
    signal: AbortSignal,
    events: RoutesEvents,
  ) {
    this.#options = options;
    this.#signal = signal;
    this.#events = events;
    this.#listing = new ShardListing(options, signal);
  }

  /**
   * Makes the stream if asked to, and learns its shards. Tries as often as a record would be sent. Rejects if there is no
   * such stream.
   */
  async start(): Promise<void> {
    const { createStream, maxAttempts, clock, random } = this.#options;
    const state = new StreamState(this.#options, this.#signal);
    for (let attempt = 1;; attempt++) {
      let asked: number;
      try {
        if (createStream) {
          this.#predicts = !await this.#listing.createIfMissing(createStream);
        }
        await this.#load();
        return;
      } catch (cause) {
        const error = await state.judge(cause);
        const mayHelp = error instanceof KinesisError &&
          (error.retryable || createStream && error.code === MISSING);
        if (!mayHelp || attempt >= maxAttempts) throw error;
        asked = askedToWaitMs(cause);
      }
      const wait = equalJitter(START_BACKOFF, attempt - 1, random);
      await delay(Math.max(wait, asked), { clock, signal: this.#signal });
    }
  }

  /** The shard that a record with these keys goes to; `undefined` while that is not known. */
  shardOf(
    partitionKey: string,
    explicitHashKey: string | undefined,
  ): string | undefined {
    return this.#predicts
      ? this.#mapped(partitionKey, explicitHashKey)
      : undefined;
  }

  /** How many shards are known to be open; 0 where none is predicted. */
  get shardCount(): number {
    return this.#predicts ? this.#map?.size ?? 0 : 0;
  }

  /** Whether records are taken to follow their keys, whether the shards are known or not. */
  get predicts(): boolean {
    return this.#predicts;
  }

  /** Grows with every change of the predictions; 0 while nothing is known. */
  get version(): number {
    return this.#version;
  }

  /** Takes note of where a record went. Returns whether that surprises: then the shards are going to be listed again. */
  observe(keys: Sighting["keys"], shardId: string): boolean {
    if (!this.#map) return false;
    const sighting = { keys, shardId };
    const isExplained = this.#rangeFor(sighting) !== undefined;
    if (!this.#predicts) {
      this.#agreements = isExplained ? this.#agreements + 1 : 0;
      return false;
    }
    if (!isExplained) this.#refresh(sighting);
    return !isExplained;
  }

  /**
   * Resolves with the range of the shard that stored a record, once the map explains why it did; with `undefined` when it is
   * given up to predict shards.
   */
  async explain(
    keys: Sighting["keys"],
    shardId: string,
  ): Promise<HashRange | undefined> {
    const sighting = { keys, shardId };
    while (this.#predicts && !this.#signal.aborted) {
      // As long as any answer is not explained, the map may be wrong about this record as well.
      const range = this.#surprise ? undefined : this.#rangeFor(sighting);
      if (range) return range;
      await this.#refresh(this.#surprise ?? sighting);
    }
  }

  /**
   * Lists the shards again when that is long ago. It is called when records are sent, so no timer is needed, and a producer
   * with nothing to do asks nothing.
   */
  keepFresh(now: number): void {
    if (this.#map && now - this.#listedAt >= STALE_MS) this.#refresh();
  }

  /** The shard that the map names, whether it is to be trusted or not. */
  #mapped(
    partitionKey: string,
    explicitHashKey: string | undefined,
  ): string | undefined {
    if (!this.#map) return undefined;
    if (explicitHashKey !== undefined) {
      return this.#map.shardOf(BigInt(explicitHashKey));
    }
    const known = this.#cache.get(partitionKey);
    if (known !== undefined) return known;
    const shardId = this.#map.shardOf(hashKeyOf(partitionKey));
    if (this.#cache.size >= CACHE_SIZE) this.#cache.clear();
    this.#cache.set(partitionKey, shardId);
    return shardId;
  }

  /** The range of the shard that stored a record, if that holds the record's keys: a closed shard may have been open then. */
  #rangeFor({ keys, shardId }: Sighting): HashRange | undefined {
    const range = this.#map?.rangeOf(shardId);
    if (!range) return undefined;
    const { partitionKey, explicitHashKey } = keys;
    const isRight = this.#mapped(partitionKey, explicitHashKey) === shardId ||
      range.holds(keys);
    return isRight ? range : undefined;
  }

  /**
   * Lists the shards again, because of a surprise or of their age. If that is under way, or was done just now, it waits. Never
   * rejects.
   */
  #refresh(surprise?: Sighting): Promise<void> {
    if (surprise) this.#surprise = surprise;
    // A listing that fails is one that explains nothing: asked for again by the next surprise.
    return this.#refreshing ??= this.#listAgain().catch(() => {}).finally(
      () => {
        this.#refreshing = undefined;
      },
    );
  }

  async #listAgain(): Promise<void> {
    const { clock } = this.#options;
    const signal = this.#signal;
    const pause = this.#unexplained === 0
      ? REFRESH_MS
      : UNEXPLAINED_MS * 2 ** (this.#unexplained - 1);
    const wait = this.#refreshedAt + pause - monotonicNow(clock);
    if (wait > 0) await delay(wait, { clock, signal });
    this.#refreshedAt = monotonicNow(clock);
    try {
      if (this.#predicts) await this.#load(this.#surprise !== undefined);
      else await this.#reconsider();
    } finally {
      if (this.#predicts && !signal.aborted) await this.#judge();
    }
  }

  /** Decides after a listing whether shards can still be predicted. */
  async #judge(): Promise<void> {
    const surprise = this.#surprise;
    if (!surprise || this.#rangeFor(surprise)) {
      this.#surprise = undefined;
      this.#unexplained = 0;
      return;
    }
    this.#unexplained++;
    const isAuto = this.#unexplained >= MOST_UNEXPLAINED ||
      await this.#listing.isAuto();
    if (isAuto) await this.#predict(false);
  }

  /** Lists the shards while nothing is predicted, and begins to predict them again if the answers agree with them. */
  async #reconsider(): Promise<void> {
    await this.#load();
    if (this.#agreements < AGREEMENTS || await this.#listing.isAuto()) return;
    await this.#predict(true);
  }

  #predict(predicts: boolean): Promise<void> {
    this.#surprise = undefined;
    this.#unexplained = 0;
    this.#agreements = 0;
    return this.#change(() => this.#predicts = predicts);
  }

  get #known(): string[] {
    return this.#predicts ? this.#map?.shardIds ?? [] : [];
  }

  async #load(all = false): Promise<void> {
    this.#listedAt = monotonicNow(this.#options.clock);
    const map = await this.#listing.list(all);
    // Without the map there is one lane, and no limit per shard.
    if (map) await this.#use(map);
  }

  async #use(map: ShardMap): Promise<void> {
    if (this.#map?.equals(map)) {
      // No prediction changes: ListShards may lag behind what the answers have shown. Closed shards may be known now.
      this.#map = map;
    } else if (this.#map && !this.#predicts) {
      this.#map = map;
      this.#cache.clear();
    } else await this.#change(() => this.#map = map, !this.#map);
  }

  /** Changes the predictions, when nothing is packed under the old ones any more unless these are the `first`. */
  #change(change: () => void, isFirst = false): Promise<void> {
    return new Promise((resolve) => {
      const now = () => {
        const before = this.#known;
        change();
        this.#version++;
        this.#cache.clear();
        const { stream, hooks } = this.#options;
        notify(hooks, "onShardMap", { stream, before, after: this.#known });
        resolve();
      };
      if (isFirst) now();
      else this.#events.changing(now);
    });
  }
}

const MISSING = "ResourceNotFoundException";
