/**
 * What the producer knows about the shards of its stream: learned at the start, and again when an answer surprises.
 *
 * @module
 */
import { equalJitter } from "../_core/backoff.ts";
import { delay, monotonicNow } from "../_core/clock.ts";
import { hashKeyOf } from "../_core/hash_key.ts";
import { notify } from "../_core/notify.ts";
import { ShardMap } from "../_shards/shard_map.ts";
import type { Shard } from "../client/mod.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import type { EncodedRecord } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { StreamState } from "./stream_state.ts";

/** ListShards at most once in this time, however many answers surprise. */
const REFRESH_MS = 1000;
/** While records are sent, the shards are listed again after this time, whether an answer surprises or not. */
const STALE_MS = 60_000;
/** After so many listings without it, a shard that was named by an answer is taken to be closed again. */
const LEARN_TIMES = 10;
const START_BACKOFF = { baseMs: 100, maxMs: 5000 };
/** Hash keys that are remembered; MD5 of a short key takes about two microseconds. */
const CACHE_SIZE = 10_000;

/** The part of the options that does not depend on the type of the values. */
type RoutesOptions = Pick<
  ResolvedProducerOptions<never>,
  | "client"
  | "target"
  | "stream"
  | "createStream"
  | "clock"
  | "random"
  | "maxAttempts"
  | "hooks"
>;

/** Told about changes of the shard map, but not when it becomes known: {@linkcode ShardRoutes.start} tells that. */
export interface RoutesEvents {
  /** Another map is going to be used: from `change` on, which is called once nothing is packed under the old one. */
  changing(change: () => void): void;
}

/** Predicts the shard of a record. */
export class ShardRoutes {
  readonly #options: RoutesOptions;
  readonly #signal: AbortSignal;
  readonly #events: RoutesEvents;
  #map: ShardMap | undefined;
  #cache = new Map<string, string | undefined>();
  #version = 0;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;
  #listedAt = Infinity;

  /** Knows nothing yet. */
  constructor(
    options: RoutesOptions,
    signal: AbortSignal,
    events: RoutesEvents,
  ) {
    this.#options = options;
    this.#signal = signal;
    this.#events = events;
  }

  /**
   * Makes the stream if asked to, and learns its shards. Tries as often as a record would be sent. Rejects if there is no
   * such stream.
   */
  async start(): Promise<void> {
    const { createStream, maxAttempts, clock, random } = this.#options;
    const state = new StreamState(this.#options, this.#signal);
    for (let attempt = 1;; attempt++) {
      try {
        if (createStream) await this.#createIfMissing(createStream);
        await this.#load();
        return;
      } catch (cause) {
        const error = await state.judge(cause);
        const mayHelp = error instanceof KinesisError &&
          (error.retryable || createStream && error.code === MISSING);
        if (!mayHelp || attempt >= maxAttempts) throw error;
      }
      const wait = equalJitter(START_BACKOFF, attempt - 1, random);
      await delay(wait, { clock, signal: this.#signal });
    }
  }

  /** The shard that a record with these keys goes to; `undefined` while that is not known. */
  shardOf(
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

  /** How many shards are known to be open. */
  get shardCount(): number {
    return this.#map?.size ?? 0;
  }

  /** Grows with every change of the predictions; 0 while nothing is known. */
  get version(): number {
    return this.#version;
  }

  /** Compares a prediction with where the record went; a difference means that the stream was resharded. */
  observe(
    record: EncodedRecord,
    predicted: string | undefined,
    actual: string,
  ): void {
    if (!this.#map || predicted === actual) return;
    // The prediction may be older than the map.
    if (this.shardOf(record.partitionKey, record.explicitHashKey) === actual) {
      return;
    }
    this.#refresh();
  }

  /**
   * Resolves when the map names a shard that an answer has named, or has failed to for so long that the shard may be closed
   * again.
   */
  async learn(shardId: string): Promise<void> {
    for (let i = 0; i < LEARN_TIMES && !this.#map!.has(shardId); i++) {
      await this.#refresh();
    }
  }

  /**
   * Lists the shards again when that is long ago. It is called when records are sent, so no timer is needed, and a producer
   * with nothing to do asks nothing.
   */
  keepFresh(now: number): void {
    if (this.#map && now - this.#listedAt >= STALE_MS) this.#refresh();
  }

  /** Lists the shards again, unless that is under way or was done just now: then it waits. Never rejects. */
  #refresh(): Promise<void> {
    const { clock } = this.#options;
    const run = async () => {
      const wait = this.#refreshedAt + REFRESH_MS - monotonicNow(clock);
      if (wait > 0) await delay(wait, { clock, signal: this.#signal });
      this.#refreshedAt = monotonicNow(clock);
      await this.#load();
    };
    // Whoever needs it asks again.
    return this.#refreshing ??= run().catch(() => {}).finally(() => {
      this.#refreshing = undefined;
    });
  }

  async #load(): Promise<void> {
    const { client, target, clock } = this.#options;
    const shards: Shard[] = [];
    this.#listedAt = monotonicNow(clock);
    try {
      const pages = client.listAllShards({
        ...target,
        ShardFilter: { Type: "AT_LATEST" },
      }, { signal: this.#signal, maxAttempts: 1 });
      for await (const shard of pages) shards.push(shard);
    } catch (error) {
      // Writing needs no right to list: without the map there is one lane, and no limit per shard.
      if (error instanceof ServiceError && DENIED.has(error.code)) return;
      throw error;
    }
    const map = new ShardMap(shards);
    // ListShards may lag behind what the answers have shown.
    if (this.#map && map.equals(this.#map)) return;
    const before = this.#map?.shardIds ?? [];
    const change = () => {
      this.#map = map;
      this.#version++;
      this.#cache.clear();
      const { stream, hooks } = this.#options;
      const after = map.shardIds;
      notify(hooks, "onShardMap", { stream, before, after });
    };
    if (!this.#map) change();
    else this.#events.changing(change);
  }

  async #createIfMissing(
    how: { shardCount: number } | { onDemand: true },
  ): Promise<void> {
    const { client, target, stream } = this.#options;
    const call = { signal: this.#signal };
    const status = await this.#status();
    if (status === "ACTIVE" || status === "UPDATING") return;
    if (status === "DELETING") await client.waitUntilDeleted(target, call);
    if (status !== "CREATING") {
      await client.createStream({
        StreamName: stream,
        ...("onDemand" in how
          ? { StreamModeDetails: { StreamMode: "ON_DEMAND" } }
          : { ShardCount: how.shardCount }),
      }, call).catch((error) => {
        // Another producer was faster.
        if (error?.code !== BUSY) throw error;
      });
    }
    await client.waitUntilActive(target, call);
  }

  /** The state of the stream; `undefined` if it does not exist and can be made. */
  async #status(): Promise<string | undefined> {
    const { client, target } = this.#options;
    try {
      const { StreamDescriptionSummary } = await client
        .describeStreamSummary(target, { signal: this.#signal });
      return StreamDescriptionSummary.StreamStatus ?? "ACTIVE";
    } catch (error) {
      const missing = error instanceof ServiceError && error.code === MISSING;
      if (!missing || !("StreamName" in target)) throw error;
      return undefined;
    }
  }
}

const MISSING = "ResourceNotFoundException";
const BUSY = "ResourceInUseException";
/** Not allowed to list, or a server that cannot. */
const DENIED = new Set([
  "AccessDeniedException",
  "AccessDenied",
  "UnknownOperationException",
  "UnknownOperation",
  "InvalidAction",
]);
