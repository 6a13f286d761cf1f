/**
 * Takes the stages over to the present shards of the stream.
 *
 * @module
 */
import { monotonicNow } from "../_core/clock.ts";
import { notify } from "../_core/notify.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Packing } from "./packing.ts";
import type { SendQueue } from "./send_queue.ts";
import type { ShardListing } from "./shard_listing.ts";
import type { RoutesChange, ShardRoutes } from "./shard_routes.ts";
import type { Supervisor } from "./supervisor.ts";
import type { Waiters } from "./waiters.ts";

/** The part of the options that does not depend on the type of the values. */
type ReshardingOptions = Pick<
  ResolvedProducerOptions<never>,
  "clock" | "stream" | "instance" | "hooks"
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

/** Changes the predictions of {@linkcode ShardRoutes}, and moves all values accordingly. */
export class Resharding<T> {
  readonly #options: ReshardingOptions;
  readonly #stages: RoutedStages<T>;
  readonly #listing: Pick<ShardListing, "list">;
  readonly #supervisor: Pick<Supervisor, "wake">;
  #isStarted = false;
  #listedAt = Infinity;
  #changing: Promise<void> | undefined;

  /** Starts without a shard map. Wakes the supervisor when values may be sent. */
  constructor(
    options: ReshardingOptions,
    stages: RoutedStages<T>,
    listing: Pick<ShardListing, "list">,
    supervisor: Pick<Supervisor, "wake">,
  ) {
    this.#options = options;
    this.#stages = stages;
    this.#listing = listing;
    this.#supervisor = supervisor;
  }

  /** Whether values are sent, with or without a shard map. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** When the shards were listed last, by the monotonic clock; `Infinity` before the first list. */
  get listedAt(): number {
    return this.#listedAt;
  }

  /** Lets values be sent. Does nothing if they are sent already. */
  start(): void {
    if (this.#isStarted) return;
    const { routes, queue } = this.#stages;
    // Without a map, records that were added before the strategy of the stream was known stay
    // queued.
    if (!routes.hasMap) queue.reroute(monotonicNow(this.#options.clock));
    this.#isStarted = true;
    this.#supervisor.wake();
  }

  /**
   * Lists the shards, with the closed ones if asked to, and goes over to them. The list is used
   * after `ready`.
   */
  async list(withClosed = false, ready?: Promise<void>): Promise<void> {
    const { routes } = this.#stages;
    this.#listedAt = monotonicNow(this.#options.clock);
    const map = await this.#listing.list(withClosed);
    if (ready) await ready;
    // Without a map there is one lane and no limit for each shard.
    if (!map) return;
    // A list may be older than the answers, so an equal map changes no prediction.
    if (routes.isChangedBy(map)) await this.change({ map });
    else routes.refine(map);
  }

  /**
   * Takes all stages from the present predictions to others, in the order of the path of a value.
   * Changes follow one another: each one holds the packer.
   */
  async change(change: RoutesChange): Promise<void> {
    while (this.#changing) await this.#changing;
    const changing = this.#change(change);
    this.#changing = changing.catch(() => {}).finally(() => {
      this.#changing = undefined;
    });
    await changing;
  }

  /**
   * Changes the predictions before the start, while nothing is sent. The queue follows with the
   * first list, or with the start if there is no list.
   */
  prepare(change: RoutesChange): void {
    this.#stages.routes.change(change);
  }

  async #change(change: RoutesChange): Promise<void> {
    const { routes, packing, queue, waiters } = this.#stages;
    const { clock, stream, instance, hooks } = this.#options;
    const before = routes.shardIds;
    // Before the start, values are packed without regard to shards and may stay where they are.
    const isStarted = this.#isStarted;
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
    const after = routes.shardIds;
    notify(hooks, "onShardMap", { stream, instance, before, after });
    // 4. Move queued records to the lanes, and waiting writers to the lines, of the new shards.
    queue.reroute(monotonicNow(clock));
    waiters.rearrange();
    // 5. Accept values again, and send what may be sent.
    packing.release();
    if (isStarted) this.#supervisor.wake();
  }
}
