/**
 * How the stream distributes records to shards, and what that means for the producer.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import type { RecordDistributionStrategy } from "../client/mod.ts";
import { KinesisError } from "../errors.ts";
import type { DistributionEvent } from "../hooks.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Resharding } from "./resharding.ts";
import type { DistributionFacts } from "./shard_listing.ts";
import type { ShardRoutes } from "./shard_routes.ts";

/** The part of the options that does not depend on the type of the values. */
export type DistributionOptions =
  & Pick<
    ResolvedProducerOptions<never>,
    "ordering" | "stream" | "instance" | "hooks"
  >
  & { readonly processor: { readonly scope: string } };

/** How the producer knows a strategy: see {@linkcode DistributionEvent}. */
type Source = DistributionEvent["source"];

/**
 * Goes over to a strategy and tells of it. With `AUTO`, no shard is predicted. If the service itself
 * has said so, records are also sent without the keys that they do not need.
 */
export class Distribution {
  readonly #options: DistributionOptions;
  readonly #resharding: Pick<
    Resharding<unknown>,
    "change" | "isStarted" | "prepare"
  >;
  readonly #routes: Pick<ShardRoutes, "noteOpenShards">;
  #strategy: RecordDistributionStrategy = "USER_PARTITION_KEY";
  #source: Source = "service";
  #needsKeys = false;

  /** Starts with `USER_PARTITION_KEY`. */
  constructor(
    options: DistributionOptions,
    resharding: Pick<
      Resharding<unknown>,
      "change" | "isStarted" | "prepare"
    >,
    routes: Pick<ShardRoutes, "noteOpenShards">,
  ) {
    this.#options = options;
    this.#resharding = resharding;
    this.#routes = routes;
  }

  /**
   * Whether the strategy must be known before the first value is sent. Otherwise the first answers
   * show it, and nothing has to be sent again because of it.
   */
  get mattersAtOnce(): boolean {
    return this.#withoutEffect.length > 0;
  }

  /** Whether the service itself has said that the strategy is AUTO. */
  get isConfirmedAuto(): boolean {
    return this.#strategy === "AUTO" && this.#source === "service";
  }

  /**
   * Whether the service has refused records without a key, and has not said since then that keys
   * choose the shards. While that is so, every record gets a key.
   */
  get needsKeys(): boolean {
    return this.#needsKeys;
  }

  /** Notes that the service has refused records without a key. */
  noteRefusal(): void {
    this.#needsKeys = true;
  }

  /** Notes an answer of the service. */
  noteAnswer(facts: DistributionFacts | undefined): void {
    this.#routes.noteOpenShards(facts?.openShards ?? 0);
    if (facts?.strategy === "USER_PARTITION_KEY") this.#needsKeys = false;
  }

  /**
   * Applies the first answer of the service.
   *
   * @throws {KinesisError} if nothing is sent yet and the options ask for an order that the service
   * does not keep
   */
  async begin(facts: DistributionFacts | undefined): Promise<void> {
    this.noteAnswer(facts);
    if (facts?.strategy !== "AUTO") return;
    const { ordering, stream } = this.#options;
    if (ordering !== "none" && !this.#resharding.isStarted) {
      throw new KinesisError(
        `Cannot produce in the order of each ${ordering} as ${stream} has the record distribution strategy AUTO, ` +
          `which stores the records of a ${ordering} in any shards: use 'ordering' of "none", ` +
          `or set the strategy of the stream to USER_PARTITION_KEY`,
        { code: "OrderingNotSupported" },
      );
    }
    await this.follow("AUTO", "service");
  }

  /** Goes over to a strategy. Rejects if a stage fails. */
  async follow(
    strategy: RecordDistributionStrategy,
    source: Source,
  ): Promise<void> {
    const isAuto = strategy === "AUTO";
    this.#strategy = strategy;
    this.#source = source;
    const change = {
      predicts: !isAuto,
      ignoresKeys: this.isConfirmedAuto && !this.#needsKeys,
    };
    if (this.#resharding.isStarted) await this.#resharding.change(change);
    else this.#resharding.prepare(change);
    const { stream, hooks } = this.#options;
    const withoutEffect = isAuto ? this.#withoutEffect : [];
    notify(hooks, "onDistribution", {
      stream,
      strategy,
      source,
      withoutEffect,
    });
  }

  get #withoutEffect(): DistributionEvent["withoutEffect"] {
    const { ordering, processor } = this.#options;
    return [
      ...(ordering === "none" ? [] : ["ordering"] as const),
      ...(processor.scope === "shard" ? ["aggregation"] as const : []),
    ];
  }
}
